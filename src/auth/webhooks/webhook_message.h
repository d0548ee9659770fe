// What an endpoint is sent (Standard Webhooks 1.0.0): a thin body that names the event and who it
// is about, and three headers that prove where it comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The body of the event, with the users as they are now; those that are gone have nothing but their
// id. nullopt: the log has the entry no longer, or it is no event any more.
struct EventBody {
  std::string type;
  std::string json;
};
std::optional<EventBody> event_body(store::Reader& tx, uint64_t number);

// "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".
std::string sign_message(std::string_view secret, std::string_view id, int64_t timestamp,
                         std::string_view body);

// The headers webhook-id, webhook-timestamp and webhook-signature, for an attempt at `now`. During
// a rotation there are two signatures. Error: `unavailable` when a secret cannot be opened.
Result<std::vector<std::string>> message_headers(const Services& s, const tables::Webhook& webhook,
                                                 std::string_view id, std::string_view body,
                                                 Time now);

}  // namespace authd::auth
