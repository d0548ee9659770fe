// Counters of auth/, for /metrics and for the statistics by day (auth/upkeep/day_counts.h): plain
// totals since the start, with relaxed ordering because nothing depends on them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "config/choices.h"

namespace authd::auth {

// The logins that succeeded, each with its method. As a number it is all of them.
class LoginCounter {
 public:
  static constexpr size_t kMethods = config::kChoices<config::LoginMethod>.size();

  void add(config::LoginMethod method) {
    counts_[static_cast<size_t>(method)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t of(config::LoginMethod method) const {
    return counts_[static_cast<size_t>(method)].load(std::memory_order_relaxed);
  }
  operator uint64_t() const {
    uint64_t sum = 0;
    for (const std::atomic<uint64_t>& one : counts_)
      sum += one.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  std::array<std::atomic<uint64_t>, kMethods> counts_{};
};

struct Counters {
  LoginCounter logins_ok;
  std::atomic<uint64_t> logins_refused{0};   // unknown login, wrong password or second factor
  std::atomic<uint64_t> logins_disabled{0};  // correct password, disabled account
  std::atomic<uint64_t> second_factors_refused{0};  // of logins_refused
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
  std::atomic<uint64_t> tokens_exchanged{0};      // auth/oauth/tokens/token_exchange.h
  std::atomic<uint64_t> tokens_accepted{0};
  std::atomic<uint64_t> tokens_refused{0};
  std::atomic<uint64_t> claims_cache_hits{0};
  std::atomic<uint64_t> rehashes{0};  // foreign or older hashes replaced at login
  // Passwords looked up among those of known breaches.
  std::atomic<uint64_t> leaks_found{0};
  std::atomic<uint64_t> leaks_absent{0};
  std::atomic<uint64_t> leaks_unanswered{0};  // the server gave no usable answer in time
  std::atomic<uint64_t> leaks_skipped{0};     // too many look-ups at once
  // As the delivery of mail counts them (mail/delivery.h), copied by server/mail_runner.h.
  std::atomic<uint64_t> mails_sent{0};
  std::atomic<uint64_t> mails_dead{0};  // given up
  // Applications told of a sign-out (auth/oauth/logouts/logout_sender.h).
  std::atomic<uint64_t> logouts_delivered{0};
  std::atomic<uint64_t> logouts_failed{0};  // attempts that will be repeated
  std::atomic<uint64_t> logouts_dead{0};    // given up
  // Events sent to endpoints (auth/webhooks/webhook_sender.h).
  std::atomic<uint64_t> webhooks_delivered{0};
  std::atomic<uint64_t> webhooks_failed{0};  // attempts that will be repeated
  std::atomic<uint64_t> webhooks_dead{0};    // given up

  // What the statistics by day have of these. Only the thread that adds to them uses it.
  std::vector<uint64_t> day_counted;
};

inline void count(std::atomic<uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace authd::auth
