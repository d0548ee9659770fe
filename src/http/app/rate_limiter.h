// Limits by client address: a number of requests of a class per window, spread smoothly (GCRA, the
// generic cell rate algorithm: one time per client and class says when its allowance is whole
// again). Bounded: expired entries are forgotten first.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/ip_address.h"
#include "base/time.h"
#include "config/config.h"
#include "http/app/router.h"

namespace authd::http {

// Thread-safe.
class RateLimiter {
 public:
  static constexpr size_t kShards = 16;
  // The most clients remembered at once. An attacker with more addresses makes the limiter forget
  // others a little early, but never makes it grow.
  static constexpr size_t kMaxClients = 64 * 1024;

  struct Decision {
    bool is_allowed = true;
    uint32_t limit = 0;      // requests in a window
    uint32_t remaining = 0;  // that would be allowed now
    int reset_s = 0;         // until the whole allowance is back
    int retry_after_s = 0;   // when refused: until the next one is allowed
  };
  Decision take(Limit limit, const config::Rate& rate, const IpAddress& client, SteadyTime now);

 private:
  struct Key {
    IpAddress client;
    Limit limit;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, SteadyTime, Hash> full_at;  // when the allowance is whole again
  };
  static void make_room(Shard& shard, SteadyTime now);

  std::array<Shard, kShards> shards_;
};

}  // namespace authd::http
