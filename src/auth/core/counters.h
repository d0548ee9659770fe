// Counters of auth/ for /metrics: plain totals since the start, with relaxed ordering because
// nothing depends on them.
#pragma once

#include <atomic>
#include <cstdint>

namespace authd::auth {

struct Counters {
  std::atomic<uint64_t> logins_ok{0};
  std::atomic<uint64_t> logins_refused{0};   // unknown login or wrong password
  std::atomic<uint64_t> logins_disabled{0};  // correct password, disabled account
  std::atomic<uint64_t> signups{0};
  std::atomic<uint64_t> refreshes_rotated{0};
  std::atomic<uint64_t> refreshes_repeated{0};  // the previous token, within the grace period
  std::atomic<uint64_t> refreshes_reused{0};    // an old token: the session was ended
  std::atomic<uint64_t> refreshes_refused{0};
  std::atomic<uint64_t> tokens_accepted{0};
  std::atomic<uint64_t> tokens_refused{0};
  std::atomic<uint64_t> claims_cache_hits{0};
  std::atomic<uint64_t> rehashes{0};  // foreign or older hashes replaced at login
};

inline void count(std::atomic<uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace authd::auth
