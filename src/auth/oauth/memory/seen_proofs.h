// Which proofs (dpop.h) this process has accepted lately, so that none counts twice (RFC 9449
// section 11.1). It is for the checks of access tokens, each of which brings a proof: a row for
// each would cost a commit for each. So the marks are in memory, and three rules keep that as safe
// as a table would be:
// - A mark stays for kMemory after the proof was accepted, by the clock that only goes forward; no
//   proof is good for longer.
// - What was accepted before is not known after a restart. So a proof says that it was made since,
//   by its time or by a nonce of this process (proof_nonce.h); otherwise the client is told to use
//   a nonce, and makes the next proof with one.
// - When there is no room, nothing is forgotten; the next proofs are refused instead.
//
// Only one process serves a data directory, so no other one accepts proofs for the same tokens.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace authd::auth {

// How far the time of a proof may be from that of this server (RFC 9449 section 11.1). Clocks of
// clients are a few seconds ahead, and some requests wait in queues.
inline constexpr Milliseconds kProofAge = std::chrono::seconds(60);
inline constexpr Milliseconds kProofAhead = std::chrono::seconds(15);

// Thread-safe, sharded. It takes 8 bytes for a proof, twice that while it grows, and nothing while
// no proofs come.
class SeenProofs {
 public:
  static constexpr size_t kShards = 64;
  // Marks of the present and of the last kMemory, each: 6,500 checks a second, for ever. 16 MiB.
  static constexpr size_t kMaxMarks = 512 * 1024;
  // Longer than a proof can be good.
  static constexpr Milliseconds kMemory = kProofAge + kProofAhead + std::chrono::seconds(5);

  // Begins now: proofs that are older may have been accepted by the process before.
  explicit SeenProofs(const Clock& clock);

  enum class Answer { first, seen, no_room };
  // Marks a proof that was not seen. `hash` is a keyed one of a proof, 8 bytes or more that nobody
  // can choose.
  Answer note(std::string_view hash, SteadyTime now);

  // Whether a proof of this time may have been accepted, and forgotten: before this process began,
  // or because the clock of the machine was set back. Notes how late it is.
  bool may_be_forgotten(Time made_at, Time now);

  Time started() const { return started_; }
  SteadyTime began() const { return began_; }

 private:
  // A set with open addressing: the marks themselves, 0 for a free place.
  struct Marks {
    std::vector<uint64_t> places;
    size_t count = 0;

    bool has(uint64_t mark) const;
    void add(uint64_t mark);
    void place(uint64_t mark);
  };
  struct Shard {
    std::mutex mutex;
    int64_t span = 0;  // of `present`: how many kMemory after the beginning
    Marks present;
    Marks last;
  };
  void turn(Shard& shard, int64_t span);

  const Time started_;
  const SteadyTime began_;
  std::atomic<Time> latest_;
  std::array<Shard, kShards> shards_;
};

}  // namespace authd::auth
