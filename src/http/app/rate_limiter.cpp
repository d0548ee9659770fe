#include "http/app/rate_limiter.h"

#include <algorithm>
#include <string_view>

namespace authd::http {
namespace {

int whole_seconds(SteadyTime::duration duration) {
  return static_cast<int>(std::chrono::ceil<Seconds>(duration).count());
}

}  // namespace

size_t RateLimiter::Hash::operator()(const Key& key) const {
  const std::string_view bytes(reinterpret_cast<const char*>(key.client.bytes.data()),
                               key.client.bytes.size());
  return std::hash<std::string_view>()(bytes) * 31 + static_cast<size_t>(key.limit);
}

void RateLimiter::make_room(Shard& shard, SteadyTime now) {
  if (shard.full_at.size() < kMaxClients / kShards) return;
  std::erase_if(shard.full_at, [&](const auto& entry) { return entry.second <= now; });
  if (shard.full_at.size() < kMaxClients / kShards) return;
  // Every client here has used some of its allowance. Forgetting the one closest to a whole
  // allowance would do the least harm, but finding it would take long. So an arbitrary quarter is
  // forgotten, which makes this rare.
  size_t to_drop = shard.full_at.size() / 4;
  for (auto it = shard.full_at.begin(); it != shard.full_at.end() && to_drop > 0; --to_drop) {
    it = shard.full_at.erase(it);
  }
}

RateLimiter::Decision RateLimiter::take(Limit limit, const config::Rate& rate,
                                        const IpAddress& client, SteadyTime now) {
  const Key key{client.limit_key(), limit};
  Shard& shard = shards_[Hash()(key) % kShards];
  const auto window = std::chrono::duration_cast<SteadyTime::duration>(rate.window);
  const auto cost = window / rate.count;  // of one request, in time
  const std::lock_guard lock(shard.mutex);
  auto it = shard.full_at.find(key);
  const SteadyTime full_at = it == shard.full_at.end() ? now : std::max(it->second, now);
  Decision decision;
  decision.limit = rate.count;
  const SteadyTime after = full_at + cost;
  if (after - now > window) {
    decision.is_allowed = false;
    decision.reset_s = whole_seconds(full_at - now);
    decision.retry_after_s = std::max(whole_seconds(after - now - window), 1);
    return decision;
  }
  if (it == shard.full_at.end()) {
    make_room(shard, now);
    shard.full_at.emplace(key, after);
  } else {
    it->second = after;
  }
  decision.remaining = static_cast<uint32_t>((window - (after - now)) / cost);
  decision.reset_s = whole_seconds(after - now);
  return decision;
}

}  // namespace authd::http
