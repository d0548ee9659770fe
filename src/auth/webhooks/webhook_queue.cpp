#include "auth/webhooks/webhook_queue.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/audit/audit_follow.h"
#include "auth/webhooks/event_types.h"
#include "auth/webhooks/webhook_fan_out.h"
#include "auth/webhooks/webhooks.h"
#include "base/refusal.h"
#include "base/text.h"

namespace authd::auth {
namespace {

using tables::DeliveryState;
using tables::Webhook;
using tables::WebhookDelivery;

constexpr std::string_view kMessage = "msg_";
constexpr size_t kWebhookDigits = 2 * tables::kWebhookIdBytes;
constexpr size_t kUpdated = tables::kWriteBudget / decltype(tables::webhook_deliveries)::kPutWrites;
constexpr size_t kReplayed = 500;  // entries of the audit log in one look
constexpr std::string_view kDisabled = "the endpoint is disabled";

Error no_delivery() {
  return Error{ErrorCode::not_found, "There is no such delivery."};
}

Error is_disabled() {
  return refused(ErrorCode::conflict, "webhook_disabled",
                 "This endpoint is disabled, and gets nothing: enable it first.");
}

void make_due(store::WriteTxn& tx, const WebhookDelivery& before, Time now) {
  WebhookDelivery after = before;
  after.due_at = now;
  if (before.state == DeliveryState::dead) {
    after.state = DeliveryState::waiting;
    after.attempts = 0;
    after.created_at = now;  // It is tried as long as a new one.
    after.ended_at = Time{};
  }
  tables::webhook_deliveries.update(tx, before, after);
}

// Makes the endpoint ready: somebody wants it asked now.
Result<void> open_for_retry(store::WriteTxn& tx, std::string_view id) {
  std::optional<Webhook> webhook = tables::webhooks.find(tx, id);
  if (!webhook) return no_delivery();
  if (!webhook->is_enabled()) return is_disabled();
  if (webhook->held_until == Time{}) return {};
  webhook->held_until = Time{};
  tables::webhooks.put(tx, *webhook);
  return {};
}

Result<Webhook> enabled_webhook(const Services& s, std::string_view id_text) {
  Webhook webhook = TRY(find_webhook(s, id_text));
  if (!webhook.is_enabled()) return is_disabled();
  return webhook;
}

ListedDelivery listed(store::Reader& tx, WebhookDelivery row) {
  ListedDelivery one{std::move(row), "", Time{}};
  const auto entry = tables::audit_entries.find(tx, tables::big_endian(event_number(one.row)));
  if (!entry) return one;
  one.type = event_type_of(*entry);
  one.at = entry->at;
  return one;
}

// Calls `act(tx, id)` for all, in transactions that are not too long. Returns the sum.
template <typename Act>
Result<size_t> in_batches(const Services& s, const std::vector<std::string>& ids, const Act& act) {
  size_t count = 0;
  for (size_t first = 0; first < ids.size(); first += kUpdated) {
    const size_t end = std::min(first + kUpdated, ids.size());
    count += TRY(s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
      size_t done = 0;
      for (size_t i = first; i < end; ++i)
        done += act(tx, ids[i]) ? 1 : 0;
      return done;
    }));
  }
  return count;
}

// How many of the deliveries have no row.
Result<size_t> count_absent(const Services& s, const std::vector<std::string>& ids) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<size_t> {
    size_t count = 0;
    for (const std::string& id : ids)
      count += tables::webhook_deliveries.find(tx, id) ? 0 : 1;
    return count;
  });
}

// Inserts, or begins again.
bool send_again(store::WriteTxn& tx, const std::string& id, Time now) {
  const auto before = tables::webhook_deliveries.find(tx, id);
  if (before) {
    make_due(tx, *before, now);
    return true;
  }
  const std::string_view endpoint = std::string_view(id).substr(0, tables::kWebhookIdBytes);
  if (!tables::webhooks.find(tx, endpoint)) return false;
  return insert_delivery(tx, endpoint, tables::from_big_endian(tables::after_number(id)), now, now);
}

}  // namespace

std::string delivery_text(const WebhookDelivery& delivery) {
  return std::string(kMessage) + webhook_text(delivery.endpoint()) + "_" +
         std::to_string(event_number(delivery));
}

std::optional<std::string> parse_delivery_id(std::string_view text) {
  if (!text.starts_with(kMessage)) return std::nullopt;
  text.remove_prefix(kMessage.size());
  if (text.size() < kWebhookDigits + 2 || text[kWebhookDigits] != '_') return std::nullopt;
  const std::optional<std::string> id = parse_webhook_id(text.substr(0, kWebhookDigits));
  const std::optional<uint64_t> number = parse_unsigned(text.substr(kWebhookDigits + 1));
  if (!id || !number) return std::nullopt;
  return *id + tables::big_endian(*number);
}

uint64_t event_number(const WebhookDelivery& delivery) {
  return tables::from_big_endian(tables::after_number(delivery.id));
}

Result<std::vector<ListedDelivery>> list_deliveries(const Services& s,
                                                    const DeliveryFilter& filter) {
  std::string first;
  if (!filter.webhook.empty()) first = TRY(find_webhook(s, filter.webhook)).id;
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<ListedDelivery>> {
    std::vector<WebhookDelivery> rows;
    const std::string end = first.empty() ? "" : tables::end_of_prefix(first);
    tables::webhook_deliveries.scan(tx, first, end, [&](std::string_view, WebhookDelivery row) {
      if (!filter.state || row.state == *filter.state) rows.push_back(std::move(row));
      return rows.size() < filter.limit;
    });
    std::vector<ListedDelivery> all;
    for (WebhookDelivery& row : rows)
      all.push_back(listed(tx, std::move(row)));
    return all;
  });
}

Result<WebhookDelivery> retry_delivery(const Services& s, std::string_view id_text,
                                       const Origin& origin) {
  const std::optional<std::string> id = parse_delivery_id(id_text);
  if (!id) return no_delivery();
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<WebhookDelivery> {
    const auto before = tables::webhook_deliveries.find(tx, *id);
    if (!before) return no_delivery();
    TRY(open_for_retry(tx, before->endpoint()));
    make_due(tx, *before, now);
    audit(s, tx, origin,
          {"webhook_retried", std::nullopt, "ok", webhook_text(before->endpoint()), id_text}, now);
    return *tables::webhook_deliveries.find(tx, *id);
  });
}

Result<size_t> retry_deliveries(const Services& s, std::string_view webhook_text,
                                const Origin& origin) {
  const Webhook webhook = TRY(enabled_webhook(s, webhook_text));
  const std::vector<std::string> ids =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> all;
        tables::webhook_deliveries.scan(tx, webhook.id, tables::end_of_prefix(webhook.id),
                                        [&](std::string_view, WebhookDelivery row) {
                                          all.push_back(std::move(row.id));
                                          return true;
                                        });
        return all;
      }));
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(open_for_retry(tx, webhook.id));
    audit(s, tx, origin, {"webhook_retried", std::nullopt, "ok", webhook_text, "all"}, now);
    return {};
  }));
  return in_batches(s, ids, [&](store::WriteTxn& tx, const std::string& id) {
    const auto before = tables::webhook_deliveries.find(tx, id);
    if (before) make_due(tx, *before, now);
    return before.has_value();
  });
}

Result<size_t> replay_events(const Services& s, std::string_view webhook_text, Time since,
                             const Origin& origin) {
  const Webhook webhook = TRY(enabled_webhook(s, webhook_text));
  const Time now = s.clock.now();
  // What is behind the cursor is fanned out anyway, unless it is from before the endpoint began.
  const AuditPlace begin = parse_audit_place(webhook.after, "after").value_or(AuditPlace{});
  const AuditPlace fanned = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<AuditPlace> {
    const auto cursor = tables::webhook_cursors.find(tx, kWebhookCursor);
    return parse_audit_place(cursor ? cursor->place : "", "place");
  }));
  size_t rows =
      TRY(s.store.read([](store::ReadTxn& tx) -> Result<size_t> { return count_deliveries(tx); }));
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    TRY(open_for_retry(tx, webhook.id));
    audit(s, tx, origin,
          {"webhook_retried", std::nullopt, "ok", webhook_text, "since " + format_rfc3339(since)},
          now);
    return {};
  }));
  size_t count = 0;
  AuditPlace place = audit_place_at(since);
  while (true) {
    FollowedAudit found = TRY(follow_audit(s, place, kReplayed));
    if (found.entries.empty()) return count;
    std::vector<std::string> ids;
    for (const tables::AuditEntry& entry : found.entries) {
      const std::string_view type = event_type_of(entry);
      if (type.empty() || type == kTestEvent) continue;
      if (!is_before(entry, fanned) && !is_before(entry, begin)) continue;
      if (!is_chosen(webhook.types, type)) continue;
      ids.push_back(webhook.id + tables::big_endian(entry.number));
    }
    const size_t fresh = TRY(count_absent(s, ids));
    if (rows + fresh > kMaxWebhookDeliveries) {
      return refused(ErrorCode::conflict, "too_many_deliveries",
                     "There is no room for all of these: " + std::to_string(count) +
                         " are sent again. Begin later, or wait.");
    }
    const size_t made = TRY(in_batches(s, ids, [&](store::WriteTxn& tx, const std::string& id) {
      return send_again(tx, id, now);
    }));
    rows += fresh;
    count += made;
    place = std::move(found.next);
  }
}

Result<WebhookState> webhook_state(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<WebhookState> {
    WebhookState state;
    const auto cursor = tables::webhook_cursors.find(tx, kWebhookCursor);
    if (cursor) state.lost = cursor->lost;
    tables::webhook_deliveries.scan(tx, "", "", [&](std::string_view, const WebhookDelivery& row) {
      if (row.state == DeliveryState::dead) {
        state.dead += 1;
        return true;
      }
      state.oldest = state.waiting == 0 ? row.created_at : std::min(state.oldest, row.created_at);
      state.waiting += 1;
      return true;
    });
    return state;
  });
}

Result<size_t> sweep_deliveries(const Services& s) {
  const Time now = s.clock.now();
  const std::vector<std::string> ids =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> old;
        std::string known;  // the endpoint that was looked for last, if it is there
        tables::webhook_deliveries.scan(tx, "", "", [&](std::string_view, WebhookDelivery row) {
          if (row.endpoint() != known && tables::webhooks.find(tx, row.endpoint()))
            known = row.endpoint();
          const bool is_old =
              row.state == DeliveryState::dead && row.ended_at + kKeepDeadWebhooks <= now;
          // Of an endpoint that was removed by a process that did not end its work.
          if (is_old || row.endpoint() != known) old.push_back(std::move(row.id));
          return old.size() < kUpdated;
        });
        return old;
      }));
  return in_batches(s, ids, [](store::WriteTxn& tx, const std::string& id) {
    const auto row = tables::webhook_deliveries.find(tx, id);
    if (!row) return false;
    const bool is_alone = !tables::webhooks.find(tx, row->endpoint());
    if (row->state != DeliveryState::dead && !is_alone) return false;
    tables::webhook_deliveries.remove(tx, *row);
    return true;
  });
}

Result<size_t> give_up_disabled(const Services& s) {
  const Time now = s.clock.now();
  const std::vector<std::string> ids =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> waiting;
        tables::webhooks.scan(tx, "", "", [&](std::string_view id, const Webhook& webhook) {
          if (webhook.is_enabled()) return true;
          tables::webhooks_due.scan(
              tx, id, tables::end_of_prefix(id),
              [&](std::string_view key, const tables::Mark& mark) {
                waiting.push_back(tables::webhook_delivery_of_entry(key, mark));
                return waiting.size() < kUpdated;
              });
          return waiting.size() < kUpdated;
        });
        return waiting;
      }));
  return in_batches(s, ids, [&](store::WriteTxn& tx, const std::string& id) {
    const auto before = tables::webhook_deliveries.find(tx, id);
    if (!before || before->state != DeliveryState::waiting) return false;
    const auto webhook = tables::webhooks.find(tx, before->endpoint());
    if (webhook && webhook->is_enabled()) return false;
    WebhookDelivery after = *before;
    after.state = DeliveryState::dead;
    after.ended_at = now;
    if (after.last_error.empty()) after.last_error = kDisabled;
    tables::webhook_deliveries.update(tx, *before, after);
    return true;
  });
}

}  // namespace authd::auth
