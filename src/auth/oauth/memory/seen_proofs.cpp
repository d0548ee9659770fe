#include "auth/oauth/memory/seen_proofs.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace authd::auth {
namespace {

constexpr size_t kFirstPlaces = 64;

uint64_t mark_of(std::string_view hash) {
  CHECK(hash.size() >= sizeof(uint64_t));
  uint64_t mark = 0;
  std::memcpy(&mark, hash.data(), sizeof mark);
  return std::max<uint64_t>(mark, 1);  // 0 is a free place
}

}  // namespace

bool SeenProofs::Marks::has(uint64_t mark) const {
  if (places.empty()) return false;
  const size_t mask = places.size() - 1;
  // Half of the places are free, so it ends soon.
  for (size_t at = mark / kShards & mask; places[at] != 0; at = (at + 1) & mask) {
    if (places[at] == mark) return true;
  }
  return false;
}

void SeenProofs::Marks::place(uint64_t mark) {
  const size_t mask = places.size() - 1;
  size_t at = mark / kShards & mask;
  while (places[at] != 0)
    at = (at + 1) & mask;
  places[at] = mark;
}

void SeenProofs::Marks::add(uint64_t mark) {
  if (places.size() < 2 * (count + 1)) {
    std::vector<uint64_t> grown(std::max(kFirstPlaces, 2 * places.size()));
    std::swap(grown, places);
    for (const uint64_t old : grown) {
      if (old != 0) place(old);
    }
  }
  place(mark);
  count += 1;
}

SeenProofs::SeenProofs(const Clock& clock)
    : started_(clock.now()), began_(clock.steady_now()), latest_(started_) {}

void SeenProofs::turn(Shard& shard, int64_t span) {
  if (span <= shard.span) return;
  shard.last = span == shard.span + 1 ? std::exchange(shard.present, {}) : Marks();
  shard.present = {};
  shard.span = span;
}

SeenProofs::Answer SeenProofs::note(std::string_view hash, SteadyTime now) {
  const uint64_t mark = mark_of(hash);
  Shard& shard = shards_[mark % kShards];
  const std::lock_guard lock(shard.mutex);
  turn(shard, (now - began_) / kMemory);
  if (shard.present.has(mark) || shard.last.has(mark)) return Answer::seen;
  if (shard.present.count >= kMaxMarks / kShards) return Answer::no_room;
  shard.present.add(mark);
  return Answer::first;
}

bool SeenProofs::may_be_forgotten(Time made_at, Time now) {
  Time latest = latest_.load(std::memory_order_relaxed);
  while (latest < now && !latest_.compare_exchange_weak(latest, now, std::memory_order_relaxed)) {
  }
  // The process before may have accepted proofs whose time was yet to come.
  return made_at < started_ + kProofAhead || made_at + kProofAge < std::max(latest, now);
}

}  // namespace authd::auth
