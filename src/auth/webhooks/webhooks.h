// The endpoints that are told of events (docs/webhooks.md): how administrators name, change, test
// and remove them. Each change is in the audit log, with the endpoint's id as its target.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxWebhooks = 100;
inline constexpr size_t kMaxWebhookUrl = 2000;         // bytes
inline constexpr size_t kMaxWebhookDescription = 200;  // bytes
inline constexpr size_t kWebhookSecretBytes = 32;
inline constexpr std::string_view kWebhookCursor = "current";  // the key of the one row
// How long the secret before signs as well.
inline constexpr Milliseconds kFormerWebhookSecret = std::chrono::hours(24);

// The id as text: 16 hex digits. nullopt: it is none.
std::string webhook_text(std::string_view id);
std::optional<std::string> parse_webhook_id(std::string_view text);

// The context of its sealed secrets.
std::string webhook_context(const tables::Webhook& webhook);

// "whsec_" and the bytes as base64.
std::string webhook_secret_text(std::string_view secret);

// The host and port of an address, without what may be secret in it: for logs and mails.
std::string webhook_host(std::string_view url);

// "none", "administrator", "gone", "failures"; "unknown" for a reason of a newer release.
std::string_view word_of(tables::WebhookEnd end);

// The oldest first.
Result<std::vector<tables::Webhook>> list_webhooks(const Services& s);
// Error of each function with an id: `not_found`.
Result<tables::Webhook> find_webhook(const Services& s, std::string_view id_text);

struct WebhookForm {
  std::optional<std::string> url;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> types;  // empty: all
};

// The secret is shown once.
struct NewSecret {
  tables::Webhook webhook;
  std::string secret;  // "whsec_…"
};

// The endpoint gets what happens from now on. Errors: `invalid` with the field; `conflict`,
// "too_many_webhooks".
Result<NewSecret> add_webhook(const Services& s, const WebhookForm& form, const Origin& origin);

// Only what is set is changed. Errors: those of add_webhook().
Result<tables::Webhook> change_webhook(const Services& s, std::string_view id_text,
                                       const WebhookForm& form, const Origin& origin);

// A new secret. The one before signs as well for kFormerWebhookSecret; an older one no longer.
Result<NewSecret> rotate_webhook(const Services& s, std::string_view id_text, const Origin& origin);

// Disabled, it gets nothing, and what waits for it is given up. Enabled, it gets what happens from
// then on. Without effect if it is so already.
Result<tables::Webhook> set_webhook_enabled(const Services& s, std::string_view id_text,
                                            bool enabled, const Origin& origin);

// Removes it and its deliveries.
Result<void> remove_webhook(const Services& s, std::string_view id_text, const Origin& origin);

// Has an event of type kTestEvent sent to it. Its row tells the outcome (tested_at). Error:
// `conflict`, "webhook_disabled".
Result<tables::Webhook> test_webhook(const Services& s, std::string_view id_text,
                                     const Origin& origin);

}  // namespace authd::auth
