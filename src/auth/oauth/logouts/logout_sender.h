// Sends the deliveries of sign-outs (auth/core/logout_notices.h makes them) to the applications:
// OpenID Connect Back-Channel Logout 1.0 section 2.5. Nothing is lost: a row is marked as delivered
// only after the application has answered. If the process dies in between, it is sent again, with
// the same `jti`.
//
// A batch has deliveries of one client, and no client has two batches at once. So a client that
// answers slowly occupies one thread, however much is waiting for it. Clients take turns.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "base/backoff.h"
#include "base/stop.h"
#include "fetch/client.h"
#include "tables/schema.h"

namespace authd::auth {

// For one request. An application ends a session; that takes no longer.
inline constexpr Milliseconds kLogoutTimeout = std::chrono::seconds(5);

inline constexpr Backoff kLogoutRetries{std::chrono::minutes(1), std::chrono::hours(4)};
inline constexpr Milliseconds kGiveUpLogoutAfter = std::chrono::hours(48);
// authd gives up on an application that refuses the token itself (section 2.8: 400) after this many
// attempts if the last two were refused. The first refusals may come from keys that it has not
// fetched yet, or from its clock.
inline constexpr uint64_t kMaxLogoutRefusals = 6;

// How long a batch belongs to its taker: longer than sending all of it can take.
inline constexpr size_t kLogoutBatch =
    tables::kWriteBudget / decltype(tables::logout_deliveries)::kUpdateWrites;
inline constexpr Milliseconds kLogoutClaim = 2 * kLogoutBatch * kLogoutTimeout;

struct LogoutBatch {
  std::string client;
  std::vector<std::string> ids;
  Time claimed_until;
};

// Thread-safe. The references outlive it.
class LogoutSender {
 public:
  LogoutSender(const Services& s, fetch::Client& remote) : s_(s), remote_(remote) {}

  // Claims what is due for a client whose batch nobody has. nullopt: nothing is due.
  Result<std::optional<LogoutBatch>> take();

  // Sends what take() returned, and gives the client back, also on an error. What `stopping` leaves
  // unsent is due at once. Returns how many were delivered.
  Result<size_t> send(const LogoutBatch& batch, const Stopping& stopping);

 private:
  struct Due;

  Due look(store::ReadTxn& tx, Time now);
  std::optional<LogoutBatch> choose(Due due);
  Result<size_t> send_all(const LogoutBatch& batch, const Stopping& stopping);

  const Services& s_;
  fetch::Client& remote_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> busy_;             // clients of which somebody has a batch
  std::map<std::string, uint64_t, std::less<>> turns_;  // when each client had its last one
  uint64_t turn_ = 0;
  std::string seen_up_to_;  // the key after which the next look begins; empty: at the first
};

}  // namespace authd::auth
