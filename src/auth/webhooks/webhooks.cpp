#include "auth/webhooks/webhooks.h"

#include <algorithm>

#include "auth/core/audit/audit.h"
#include "auth/core/audit/audit_follow.h"
#include "auth/core/sealing.h"
#include "auth/webhooks/event_types.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "base/text.h"
#include "fetch/reach.h"

namespace authd::auth {
namespace {

using tables::Webhook;
using tables::WebhookCursor;
using tables::WebhookEnd;

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr size_t kRemoved = tables::kWriteBudget / decltype(tables::webhook_deliveries)::kDelWrites;

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

Error no_webhook() {
  return Error{ErrorCode::not_found, "There is no such endpoint."};
}

WebhookCursor cursor_of(store::Reader& tx) {
  return tables::webhook_cursors.find(tx, kWebhookCursor).value_or(WebhookCursor{});
}

// No user or fragment, no space or control character, and a host that every reader of URLs sees in
// it (fetch/reach.h). Whether its address may be connected to is decided when it is.
Result<void> check_url(const Services& s, const std::string& url) {
  const bool is_plain_text = std::all_of(url.begin(), url.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '#' && c != '\\' && c != '@' && c != '"';
  });
  const bool is_http = url.starts_with("http://");
  const bool has_host =
      is_http ? fetch::http_target(url).has_value() : fetch::https_target(url).has_value();
  if (!is_plain_text || !has_host || url.size() > kMaxWebhookUrl) {
    return wrong("url",
                 "This must be an https address without a user and a fragment, of at most 2000 "
                 "bytes, such as https://app.example.org/events.");
  }
  if (!is_http || !s.config.webhooks.allow_networks.empty()) return {};
  return wrong("url",
               "Plain http is only for networks of webhooks.allow_networks, and there are none.");
}

Result<void> take_form(const Services& s, const WebhookForm& form, Webhook& webhook) {
  if (form.url) {
    TRY(check_url(s, *form.url));
    webhook.url = *form.url;
  }
  if (form.types) webhook.types = TRY(parse_event_types(*form.types));
  if (!form.description) return {};
  const std::string& text = *form.description;
  if (text.size() > kMaxWebhookDescription || !is_valid_utf8(text) || has_control(text)) {
    return wrong("description", "This must be at most 200 bytes in one line.");
  }
  webhook.description = text;
  return {};
}

// Finds the endpoint, changes it by `act(tx, webhook)`, and writes it.
template <typename Act>
Result<Webhook> change(const Services& s, std::string_view id_text, const Act& act) {
  const std::optional<std::string> id = parse_webhook_id(id_text);
  if (!id) return no_webhook();
  return s.store.write([&](store::WriteTxn& tx) -> Result<Webhook> {
    std::optional<Webhook> webhook = tables::webhooks.find(tx, *id);
    if (!webhook) return no_webhook();
    TRY(act(tx, *webhook));
    tables::webhooks.put(tx, *webhook);
    return std::move(*webhook);
  });
}

bool is_any_enabled(store::Reader& tx, const WebhookCursor& cursor) {
  return std::any_of(cursor.endpoints.begin(), cursor.endpoints.end(), [&](const std::string& id) {
    const std::optional<Webhook> one = tables::webhooks.find(tx, id);
    return one && one->is_enabled();
  });
}

// From now on. The log is not read while nobody is to be told.
void begin_here(const Services& s, store::WriteTxn& tx, WebhookCursor& cursor, Webhook& webhook) {
  webhook.after = text_of_place(end_of_audit(s, tx));
  if (is_any_enabled(tx, cursor)) return;
  cursor.place = webhook.after;
  cursor.told.clear();
}

void put_cursor(store::WriteTxn& tx, const WebhookCursor& cursor) {
  tables::webhook_cursors.put(tx, kWebhookCursor, cursor);
}

// What is left of an endpoint that was removed.
Result<void> remove_deliveries(const Services& s, const std::string& id) {
  while (true) {
    const std::vector<std::string> some =
        TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
          std::vector<std::string> ids;
          tables::webhook_deliveries.scan(tx, id, tables::end_of_prefix(id),
                                          [&](std::string_view, tables::WebhookDelivery row) {
                                            ids.push_back(std::move(row.id));
                                            return ids.size() < kRemoved;
                                          });
          return ids;
        }));
    if (some.empty()) return {};
    TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (const std::string& one : some)
        tables::webhook_deliveries.del(tx, one);
      return {};
    }));
  }
}

}  // namespace

std::string webhook_text(std::string_view id) {
  return hex_encode(id);
}

std::optional<std::string> parse_webhook_id(std::string_view text) {
  std::optional<std::string> id = hex_decode(text);
  if (id && id->size() != tables::kWebhookIdBytes) id.reset();
  return id;
}

std::string webhook_context(const Webhook& webhook) {
  return "webhook/" + hex_encode(webhook.id);
}

std::string webhook_secret_text(std::string_view secret) {
  return std::string(kSecretPrefix) + base64_encode(secret);
}

std::string webhook_host(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string(url.substr(0, url.find_first_of("/?#")));
}

std::string_view word_of(WebhookEnd end) {
  switch (end) {
    case WebhookEnd::none: return "none";
    case WebhookEnd::administrator: return "administrator";
    case WebhookEnd::gone: return "gone";
    case WebhookEnd::failures: return "failures";
  }
  return "unknown";
}

Result<std::vector<Webhook>> list_webhooks(const Services& s) {
  return s.store.read([](store::ReadTxn& tx) -> Result<std::vector<Webhook>> {
    std::vector<Webhook> all;
    tables::webhooks.scan(tx, "", "", [&](std::string_view, Webhook webhook) {
      all.push_back(std::move(webhook));
      return true;
    });
    std::sort(all.begin(), all.end(), [](const Webhook& a, const Webhook& b) {
      return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
    });
    return all;
  });
}

Result<Webhook> find_webhook(const Services& s, std::string_view id_text) {
  const std::optional<std::string> id = parse_webhook_id(id_text);
  if (!id) return no_webhook();
  return s.store.read([&](store::ReadTxn& tx) -> Result<Webhook> {
    std::optional<Webhook> webhook = tables::webhooks.find(tx, *id);
    if (!webhook) return no_webhook();
    return std::move(*webhook);
  });
}

Result<NewSecret> add_webhook(const Services& s, const WebhookForm& form, const Origin& origin) {
  Webhook made;
  if (!form.url) return wrong("url", "An endpoint needs an address.");
  TRY(take_form(s, form, made));
  const Time now = s.clock.now();
  made.id = s.random.bytes(tables::kWebhookIdBytes);
  made.created_at = now;
  const std::string secret = s.random.bytes(kWebhookSecretBytes);
  made.sealed_secret = s.master_key.seal(secret, webhook_context(made), s.random);
  const Webhook added = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<Webhook> {
    Webhook webhook = made;
    WebhookCursor cursor = cursor_of(tx);
    if (cursor.endpoints.size() >= kMaxWebhooks) {
      return refused(ErrorCode::conflict, "too_many_webhooks",
                     "There are already 100 endpoints, which is the maximum.");
    }
    webhook.sealed_secret =
        sealed_now(s, tx, std::move(webhook.sealed_secret), webhook_context(webhook));
    audit(s, tx, origin, {"webhook_added", std::nullopt, "ok", webhook_text(webhook.id)}, now);
    begin_here(s, tx, cursor, webhook);
    cursor.endpoints.push_back(webhook.id);
    put_cursor(tx, cursor);
    tables::webhooks.put(tx, webhook);
    return webhook;
  }));
  return NewSecret{added, webhook_secret_text(secret)};
}

Result<Webhook> change_webhook(const Services& s, std::string_view id_text, const WebhookForm& form,
                               const Origin& origin) {
  const Time now = s.clock.now();
  return change(s, id_text, [&](store::WriteTxn& tx, Webhook& webhook) -> Result<void> {
    const std::string before = webhook.url;
    TRY(take_form(s, form, webhook));
    if (webhook.url != before) webhook.held_until = Time{};
    audit(s, tx, origin, {"webhook_changed", std::nullopt, "ok", webhook_text(webhook.id)}, now);
    return {};
  });
}

Result<NewSecret> rotate_webhook(const Services& s, std::string_view id_text,
                                 const Origin& origin) {
  const Time now = s.clock.now();
  const std::string secret = s.random.bytes(kWebhookSecretBytes);
  const std::string context = webhook_context(TRY(find_webhook(s, id_text)));
  const std::string sealed = s.master_key.seal(secret, context, s.random);
  const Webhook rotated =
      TRY(change(s, id_text, [&](store::WriteTxn& tx, Webhook& webhook) -> Result<void> {
        webhook.sealed_former = std::move(webhook.sealed_secret);
        webhook.former_until = now + kFormerWebhookSecret;
        webhook.sealed_secret = sealed_now(s, tx, sealed, context);
        audit(s, tx, origin, {"webhook_rotated", std::nullopt, "ok", webhook_text(webhook.id)},
              now);
        return {};
      }));
  return NewSecret{rotated, webhook_secret_text(secret)};
}

Result<Webhook> set_webhook_enabled(const Services& s, std::string_view id_text, bool enabled,
                                    const Origin& origin) {
  const Time now = s.clock.now();
  return change(s, id_text, [&](store::WriteTxn& tx, Webhook& webhook) -> Result<void> {
    if (webhook.is_enabled() == enabled) return {};
    const std::string_view action = enabled ? "webhook_enabled" : "webhook_disabled";
    audit(s, tx, origin, {action, std::nullopt, "ok", webhook_text(webhook.id)}, now);
    if (enabled) {
      WebhookCursor cursor = cursor_of(tx);
      begin_here(s, tx, cursor, webhook);
      put_cursor(tx, cursor);
    }
    webhook.disabled_at = enabled ? Time{} : now;
    webhook.end = enabled ? WebhookEnd::none : WebhookEnd::administrator;
    webhook.failing_since = Time{};
    webhook.failures = 0;
    webhook.held_until = Time{};
    return {};
  });
}

Result<void> remove_webhook(const Services& s, std::string_view id_text, const Origin& origin) {
  const std::optional<std::string> id = parse_webhook_id(id_text);
  if (!id) return no_webhook();
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!tables::webhooks.find(tx, *id)) return no_webhook();
    WebhookCursor cursor = cursor_of(tx);
    std::erase(cursor.endpoints, *id);
    std::erase_if(cursor.told, [&](const std::string& one) { return one.starts_with(*id); });
    put_cursor(tx, cursor);
    tables::webhooks.del(tx, *id);
    audit(s, tx, origin, {"webhook_removed", std::nullopt, "ok", webhook_text(*id)}, now);
    return {};
  }));
  return remove_deliveries(s, *id);
}

Result<Webhook> test_webhook(const Services& s, std::string_view id_text, const Origin& origin) {
  const Time now = s.clock.now();
  return change(s, id_text, [&](store::WriteTxn& tx, Webhook& webhook) -> Result<void> {
    if (!webhook.is_enabled()) {
      return refused(ErrorCode::conflict, "webhook_disabled",
                     "This endpoint is disabled, and gets nothing: enable it first.");
    }
    // Somebody waits for the answer.
    webhook.held_until = Time{};
    webhook.tested_at = Time{};
    webhook.test_answer.clear();
    audit(s, tx, origin, {kWebhookTested, std::nullopt, "ok", webhook_text(webhook.id)}, now);
    return {};
  });
}

}  // namespace authd::auth
