#include "auth/webhooks/webhook_message.h"

#include "auth/webhooks/event_types.h"
#include "auth/webhooks/webhooks.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/digest.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

void text_or_none(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

// Nobody is null.
void write_person(JsonWriter& json, store::Reader& tx, std::string_view name,
                  const std::optional<UserId>& id) {
  json.key(name);
  if (!id) {
    json.null();
    return;
  }
  const tables::User user = tables::find_user(tx, *id).value_or(tables::User{});
  json.begin_object().field("id", id->value);
  text_or_none(json, "username", user.username);
  text_or_none(json, "email", user.email);
  json.end_object();
}

// A person, or the name of a command's operator.
void write_actor(JsonWriter& json, store::Reader& tx, const tables::AuditEntry& entry) {
  if (entry.actor || entry.operator_name.empty()) {
    write_person(json, tx, "actor", entry.actor);
    return;
  }
  json.key("actor").begin_object().field("operator", entry.operator_name).end_object();
}

Result<std::string> opened(const Services& s, const tables::Webhook& webhook,
                           const std::string& sealed) {
  std::optional<std::string> secret = s.master_key.open(sealed, webhook_context(webhook));
  if (secret) return std::move(*secret);
  return Error{ErrorCode::unavailable, "the secret of the endpoint cannot be opened"};
}

}  // namespace

std::optional<EventBody> event_body(store::Reader& tx, uint64_t number) {
  const auto entry = tables::audit_entries.find(tx, tables::big_endian(number));
  if (!entry) return std::nullopt;
  const std::string_view type = event_type_of(*entry);
  if (type.empty()) return std::nullopt;
  JsonWriter json;
  json.begin_object().field("type", type).field("timestamp", format_rfc3339_exact(entry->at));
  json.key("data").begin_object().field("number", entry->number);
  write_person(json, tx, "user", entry->subject);
  write_actor(json, tx, *entry);
  json.field("outcome", entry->outcome);
  text_or_none(json, "address", entry->address);
  json.end_object().end_object();
  return EventBody{std::string(type), json.take()};
}

std::string sign_message(std::string_view secret, std::string_view id, int64_t timestamp,
                         std::string_view body) {
  std::string message(id);
  message += '.';
  message += std::to_string(timestamp);
  message += '.';
  message += body;
  return "v1," + base64_encode(crypto::hmac_sha256(secret, message));
}

Result<std::vector<std::string>> message_headers(const Services& s, const tables::Webhook& webhook,
                                                 std::string_view id, std::string_view body,
                                                 Time now) {
  const int64_t timestamp = unix_seconds(now);
  const std::string secret = TRY(opened(s, webhook, webhook.sealed_secret));
  std::string signatures = sign_message(secret, id, timestamp, body);
  // A time further ahead than any rotation sets was written by a clock that was ahead.
  const bool has_former = !webhook.sealed_former.empty() && now < webhook.former_until &&
                          webhook.former_until <= now + kFormerWebhookSecret;
  if (has_former) {
    // Whoever has the present secret already needs no other.
    const Result<std::string> former = opened(s, webhook, webhook.sealed_former);
    if (former) signatures += ' ' + sign_message(*former, id, timestamp, body);
  }
  return std::vector<std::string>{"webhook-id: " + std::string(id),
                                  "webhook-timestamp: " + std::to_string(timestamp),
                                  "webhook-signature: " + signatures};
}

}  // namespace authd::auth
