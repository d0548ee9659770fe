#include "auth/oauth/logouts/logout_queue.h"

#include <algorithm>
#include <functional>
#include <map>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/oauth/clients/clients.h"
#include "base/encoding.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

using tables::DeliveryState;
using tables::LogoutDelivery;

constexpr uint64_t kMaxCounted = 100'000;
constexpr size_t kIdBytes = 16;
constexpr std::string_view kRetried = "logout_retried";
constexpr size_t kBatch = tables::kWriteBudget / decltype(tables::logout_deliveries)::kUpdateWrites;

Error no_delivery() {
  return Error{ErrorCode::not_found, "There is no such delivery."};
}

void make_due(store::WriteTxn& tx, const LogoutDelivery& before, LogoutDelivery& after, Time now) {
  after.due_at = now;
  if (before.state == DeliveryState::dead) {
    after.state = DeliveryState::waiting;
    after.attempts = 0;
    after.ended_at = Time{};
    after.expires_at = now + kKeepDead;
  }
  tables::logout_deliveries.update(tx, before, after);
}

// Calls `visit` for the deliveries of the client, newest first, until it returns false. Error:
// `not_found`.
Result<void> visit_logouts(store::ReadTxn& tx, std::string_view client,
                           const std::function<bool(LogoutDelivery)>& visit) {
  if (!find_client(tx, client)) return Error{ErrorCode::not_found, "There is no such client."};
  const std::string first = logout_prefix(client);
  tables::logout_deliveries.scan_back(tx, first, tables::end_of_prefix(first),
                                      [&](std::string_view, LogoutDelivery row) {
                                        // Another client's prefix may be the same.
                                        return row.client != client || visit(std::move(row));
                                      });
  return {};
}

}  // namespace

std::string_view word_of(DeliveryState state) {
  switch (state) {
    case DeliveryState::waiting: return "waiting";
    case DeliveryState::delivered: return "delivered";
    case DeliveryState::dead: return "dead";
  }
  return "unknown";
}

std::optional<DeliveryState> parse_delivery_state(std::string_view word) {
  for (const DeliveryState state :
       {DeliveryState::waiting, DeliveryState::delivered, DeliveryState::dead}) {
    if (word_of(state) == word) return state;
  }
  return std::nullopt;
}

std::string logout_text(std::string_view id) {
  return hex_encode(id);
}

Result<std::vector<LogoutDelivery>> list_logouts(const Services& s, std::string_view client,
                                                 std::optional<DeliveryState> state, size_t limit) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<LogoutDelivery>> {
    std::vector<LogoutDelivery> found;
    TRY(visit_logouts(tx, client, [&](LogoutDelivery row) {
      if (!state || row.state == *state) found.push_back(std::move(row));
      return found.size() < limit;
    }));
    return found;
  });
}

Result<LogoutDelivery> retry_logout(const Services& s, std::string_view client,
                                    std::string_view text, const Origin& origin) {
  const std::optional<std::string> id = hex_decode(text);
  if (!id || id->size() != kIdBytes) return no_delivery();
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<LogoutDelivery> {
    const std::optional<LogoutDelivery> before = tables::logout_deliveries.find(tx, *id);
    if (!before || before->client != client) return no_delivery();
    if (before->state == DeliveryState::delivered) {
      return refused(ErrorCode::conflict, "already_delivered",
                     "The application has been told of this sign-out.");
    }
    LogoutDelivery after = *before;
    make_due(tx, *before, after, now);
    audit(s, tx, origin, {kRetried, std::nullopt, "ok", client, text}, now);
    return after;
  });
}

Result<size_t> retry_logouts(const Services& s, std::string_view client, const Origin& origin) {
  const std::vector<std::string> ids =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> all;
        TRY(visit_logouts(tx, client, [&](const LogoutDelivery& row) {
          if (row.state != DeliveryState::delivered) all.push_back(row.id);
          return true;
        }));
        return all;
      }));
  const Time now = s.clock.now();
  size_t count = 0;
  for (size_t first = 0; first < ids.size(); first += kBatch) {
    const size_t end = std::min(first + kBatch, ids.size());
    count += TRY(s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
      size_t made_due = 0;
      for (size_t i = first; i < end; ++i) {
        const auto before = tables::logout_deliveries.find(tx, ids[i]);
        if (!before || before->state == DeliveryState::delivered) continue;
        LogoutDelivery after = *before;
        make_due(tx, *before, after, now);
        made_due += 1;
      }
      return made_due;
    }));
  }
  if (count > 0) TRY(audit_alone(s, origin, {kRetried, std::nullopt, "ok", client, "all"}));
  return count;
}

Result<uint64_t> waiting_logouts(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<uint64_t> {
    uint64_t count = 0;
    tables::logouts_due.scan(
        tx, "", "", [&](std::string_view, const tables::Mark&) { return ++count < kMaxCounted; });
    return count;
  });
}

Result<std::vector<DeadLogouts>> dead_logouts(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::vector<DeadLogouts>> {
    std::map<std::string, uint64_t> counts;
    tables::logout_deliveries.scan(tx, "", "", [&](std::string_view, const LogoutDelivery& row) {
      if (row.state == DeliveryState::dead) counts[row.client] += 1;
      return true;
    });
    std::vector<DeadLogouts> dead;
    for (const auto& [client, count] : counts)
      dead.push_back({client, count});
    return dead;
  });
}

}  // namespace authd::auth
