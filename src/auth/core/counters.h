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
  std::atomic<uint64_t> authorizations_issued{0};   // a code was sent to an application
  std::atomic<uint64_t> authorizations_paused{0};   // the person had to see a page first
  std::atomic<uint64_t> authorizations_refused{0};  // told to the application, or to the person
  std::atomic<uint64_t> authorizations_unregistered{0};  // no such client, or not its redirect URI
  std::atomic<uint64_t> codes_exchanged{0};
  std::atomic<uint64_t> codes_refused{0};
  std::atomic<uint64_t> codes_reused{0};          // the grant was ended
  std::atomic<uint64_t> client_tokens_issued{0};  // to clients for themselves
  std::atomic<uint64_t> tokens_accepted{0};
  std::atomic<uint64_t> tokens_refused{0};
  std::atomic<uint64_t> claims_cache_hits{0};
  std::atomic<uint64_t> rehashes{0};  // foreign or older hashes replaced at login
  // Passwords looked up among those of known breaches.
  std::atomic<uint64_t> leaks_found{0};
  std::atomic<uint64_t> leaks_absent{0};
  std::atomic<uint64_t> leaks_unanswered{0};  // the server gave no usable answer in time
  std::atomic<uint64_t> leaks_skipped{0};     // too many look-ups at once
};

inline void count(std::atomic<uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace authd::auth
