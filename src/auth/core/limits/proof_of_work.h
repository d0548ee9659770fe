// Proof of work for what strangers can cause: sign-ups, and mails to any address. Limits for each
// address do not stop somebody who has many addresses; work costs whoever sends many requests, and
// a person does not notice it.
//
// A client gets a challenge, which is not stored, and looks for a number such that the SHA-256 of
// "CHALLENGE.NUMBER" begins with so many zero bits (as Hashcash does). How many follows from the
// rate of all such requests of the server (signup.proof_of_work). A proof counts once.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/result.h"
#include "base/time.h"
#include "config/config.h"

namespace authd::auth {

inline constexpr std::chrono::minutes kWorkLife{5};
// With `auto`, so many requests a minute need no work; without rate_limit.enabled none does.
inline constexpr uint64_t kFreeOfWork = 20;
inline constexpr unsigned kMinWorkBits = 16;  // 65,536 hashes on average: a tenth of a second
inline constexpr unsigned kMaxWorkBits = 22;  // 4 million

// Counts the requests of the last minute. Thread-safe.
class WorkMeter {
 public:
  void count(SteadyTime now);
  uint64_t in_last_minute(SteadyTime now) const;

 private:
  static constexpr size_t kSeconds = 60;
  static int64_t second_of(SteadyTime now);
  mutable std::mutex mutex_;
  std::array<uint64_t, kSeconds> counts_{};
  std::array<int64_t, kSeconds> seconds_{};  // to which each count belongs
};

// How many bits a request needs at this rate; 0: none. A doubled rate doubles the work.
unsigned work_bits(config::ProofOfWork setting, uint64_t per_minute);

struct WorkAsked {
  std::string challenge;  // text; empty: no work is needed now
  unsigned bits = 0;
};
WorkAsked ask_for_work(const Services& s, const WorkMeter& meter);

// Counts the request, and checks its proof, "CHALLENGE.NUMBER", if one is needed now. Errors:
// `forbidden`, "proof_of_work_required", for no proof, a wrong or used one, or one that is older
// than kWorkLife or too easy by now.
Result<void> check_work(const Services& s, WorkMeter& meter, std::string_view proof);

}  // namespace authd::auth
