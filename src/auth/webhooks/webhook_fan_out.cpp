#include "auth/webhooks/webhook_fan_out.h"

#include <algorithm>

#include "auth/core/audit/audit_follow.h"
#include "auth/webhooks/event_types.h"
#include "auth/webhooks/webhooks.h"

namespace authd::auth {
namespace {

using tables::Webhook;
using tables::WebhookCursor;
using tables::WebhookDelivery;

constexpr size_t kEntries = 200;  // of the audit log, for one piece
constexpr Milliseconds kCountEvery = Seconds(30);
constexpr size_t kInsertWrites = decltype(tables::webhook_deliveries)::kInsertWrites;
constexpr size_t kDropWrites = decltype(tables::webhook_deliveries)::kDelWrites;
// Of one piece; the cursor is a write of its own.
constexpr size_t kInserted = (tables::kWriteBudget - 1) / (kInsertWrites + kDropWrites);
static_assert(1 + kInserted * (kInsertWrites + kDropWrites) <= tables::kWriteBudget);

struct Receiver {
  Webhook webhook;
  AuditPlace after;
};

bool is_for(const Receiver& receiver, const tables::AuditEntry& entry, std::string_view type) {
  if (is_before(entry, receiver.after)) return false;
  if (type == kTestEvent) return entry.target == webhook_text(receiver.webhook.id);
  return is_chosen(receiver.webhook.types, type);
}

std::vector<Receiver> receivers_in(store::Reader& tx, const WebhookCursor& cursor) {
  std::vector<Receiver> found;
  for (const std::string& id : cursor.endpoints) {
    std::optional<Webhook> webhook = tables::webhooks.find(tx, id);
    if (!webhook || !webhook->is_enabled()) continue;
    Result<AuditPlace> after = parse_audit_place(webhook->after, "after");
    found.push_back({std::move(*webhook), after ? std::move(*after) : AuditPlace{}});
  }
  return found;
}

// Goes on from the cursor, and stops when the transaction is full. Returns whether it did.
struct Piece {
  WebhookCursor cursor;  // afterwards
  size_t made = 0;
  bool is_full = false;
};

Piece make_deliveries(store::WriteTxn& tx, WebhookCursor cursor, const FollowedAudit& followed,
                      Time now) {
  Piece piece{std::move(cursor), 0, false};
  Result<AuditPlace> place = parse_audit_place(piece.cursor.place, "place");
  if (!place) place = followed.next;
  const std::vector<Receiver> receivers = receivers_in(tx, piece.cursor);
  std::vector<std::string>& told = piece.cursor.told;
  for (const tables::AuditEntry& entry : followed.entries) {
    const std::string_view type = event_type_of(entry);
    for (const Receiver& receiver : receivers) {
      const std::string& id = receiver.webhook.id;
      if (type.empty() || !is_for(receiver, entry, type)) continue;
      const std::string delivery = id + tables::big_endian(entry.number);
      if (std::find(told.begin(), told.end(), delivery) != told.end()) continue;
      if (piece.made == kInserted) {
        piece.is_full = true;
        piece.cursor.place = text_of_place(*place);
        return piece;
      }
      // Somebody waits for a test, which may not queue behind what an endpoint has left.
      const Time due = type == kTestEvent ? Time{} : now;
      if (insert_delivery(tx, id, entry.number, now, due)) piece.made += 1;
      told.push_back(delivery);
    }
    // Those of another entry stay: one of another chain may have come between.
    std::erase_if(told, [&](const std::string& one) {
      return tables::from_big_endian(tables::after_number(one)) == entry.number;
    });
    move_behind(*place, entry);
  }
  // Also behind what is no entry of its own: checkpoints, and what was pruned.
  piece.cursor.place = text_of_place(followed.next);
  return piece;
}

}  // namespace

struct WebhookFanOut::Plan {
  std::string place;  // of the cursor that was read
  FollowedAudit followed;
  std::vector<std::string> oldest;  // deliveries to drop, the oldest first, if there is no room
};

bool insert_delivery(store::WriteTxn& tx, std::string_view endpoint, uint64_t number, Time now,
                     Time due) {
  WebhookDelivery delivery;
  delivery.id = std::string(endpoint) + tables::big_endian(number);
  if (tables::webhook_deliveries.find(tx, delivery.id)) return false;
  delivery.created_at = now;
  delivery.due_at = due;
  tables::webhook_deliveries.insert(tx, delivery);
  return true;
}

size_t count_deliveries(store::ReadTxn& tx) {
  size_t count = 0;
  const char prefix = tables::webhook_deliveries.prefix();
  tx.scan({&prefix, 1}, tables::end_of_prefix({&prefix, 1}),
          [&](std::string_view, std::string_view) {
            count += 1;
            return true;
          });
  return count;
}

Result<WebhookFanOut::Plan> WebhookFanOut::look() {
  Plan plan;
  const bool has_receivers = TRY(s_.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const auto cursor = tables::webhook_cursors.find(tx, kWebhookCursor);
    if (!cursor || receivers_in(tx, *cursor).empty()) return false;
    plan.place = cursor->place;
    return true;
  }));
  if (!has_receivers) return plan;
  Result<AuditPlace> place = parse_audit_place(plan.place, "place");
  if (!place) place = TRY(end_of_audit(s_));
  plan.followed = TRY(follow_audit(s_, *place, kEntries));
  if (!plan.followed.entries.empty()) TRY(find_oldest(plan));
  return plan;
}

// What is dropped if there are too many: as many as are inserted.
Result<void> WebhookFanOut::find_oldest(Plan& plan) {
  const SteadyTime now = s_.clock.steady_now();
  const bool may_be_full = rows_ + kInserted > most_;
  if (!counted_at_ || now - *counted_at_ >= kCountEvery || may_be_full) {
    rows_ = TRY(
        s_.store.read([](store::ReadTxn& tx) -> Result<size_t> { return count_deliveries(tx); }));
    counted_at_ = now;
  }
  if (rows_ + kInserted <= most_) return {};
  const size_t wanted = rows_ + kInserted - most_;
  plan.oldest = TRY(s_.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> ids;
    const size_t most = std::min(wanted, kInserted);
    tables::webhooks.scan(tx, "", "", [&](std::string_view id, const Webhook&) {
      size_t seen = 0;
      tables::webhook_deliveries.scan(tx, id, tables::end_of_prefix(id),
                                      [&](std::string_view key, const WebhookDelivery&) {
                                        ids.emplace_back(key);
                                        return ++seen < most;
                                      });
      return true;
    });
    std::sort(ids.begin(), ids.end(), [](const std::string& a, const std::string& b) {
      return a.substr(tables::kWebhookIdBytes) < b.substr(tables::kWebhookIdBytes);
    });
    ids.resize(std::min(ids.size(), most));
    return ids;
  }));
  return {};
}

Result<FannedOut> WebhookFanOut::run() {
  const Plan plan = TRY(look());
  if (plan.followed.entries.empty()) return FannedOut{};
  const Time now = s_.clock.now();
  const FannedOut done = TRY(s_.store.write([&](store::WriteTxn& tx) -> Result<FannedOut> {
    const auto before = tables::webhook_cursors.find(tx, kWebhookCursor);
    // Somebody else has done it, or an administrator has just begun elsewhere.
    if (!before || before->place != plan.place) return FannedOut{0, 0, true};
    Piece piece = make_deliveries(tx, *before, plan.followed, now);
    FannedOut out{piece.made, 0, piece.is_full || plan.followed.entries.size() == kEntries};
    for (size_t i = 0; i < std::min(piece.made, plan.oldest.size()); ++i) {
      const auto row = tables::webhook_deliveries.find(tx, plan.oldest[i]);
      if (!row) continue;
      tables::webhook_deliveries.remove(tx, *row);
      if (row->state == tables::DeliveryState::waiting) out.lost += 1;
    }
    piece.cursor.lost += out.lost;
    tables::webhook_cursors.put(tx, kWebhookCursor, piece.cursor);
    return out;
  }));
  rows_ += done.deliveries;
  if (done.lost > 0) {
    s_.log.error("events were dropped before they were sent: an endpoint takes them too slowly",
                 {{"count", done.lost}});
  }
  return done;
}

}  // namespace authd::auth
