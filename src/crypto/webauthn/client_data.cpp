#include "crypto/webauthn/client_data.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "base/json.h"

namespace authd::crypto {
namespace {

constexpr JsonLimits kLimits = {kMaxClientDataBytes, 4};

std::optional<Ceremony> ceremony_of(std::string_view type) {
  if (type == "webauthn.create") return Ceremony::registration;
  if (type == "webauthn.get") return Ceremony::assertion;
  return std::nullopt;
}

// Level 3 has dropped the member, and says nothing about old browsers that still write it. Level 2
// section 7.1: it must match the state of the connection, and ours never has a binding.
std::optional<WebauthnRefusal> refusal_of_binding(const JsonObject& json) {
  if (!json.has("tokenBinding")) return std::nullopt;
  const auto binding = json.object("tokenBinding");
  if (!binding) return WebauthnRefusal::malformed_client_data;
  const auto status = binding->string("status");
  if (!status) return WebauthnRefusal::malformed_client_data;
  const bool has_none = *status == "supported" || *status == "not-supported";
  return has_none ? std::nullopt : std::optional(WebauthnRefusal::token_binding);
}

// Sections 7.1 and 7.2, on crossOrigin and topOrigin.
std::optional<WebauthnRefusal> refusal_of_frame(const JsonObject& json) {
  if (json.has("topOrigin")) return WebauthnRefusal::framed;
  if (!json.has("crossOrigin")) return std::nullopt;
  const auto is_cross = json.optional_boolean("crossOrigin");
  if (!is_cross || !*is_cross) return WebauthnRefusal::malformed_client_data;
  return **is_cross ? std::optional(WebauthnRefusal::framed) : std::nullopt;
}

}  // namespace

Checked<ClientData> parse_client_data(std::string_view text) {
  const auto json = JsonObject::parse(text, kLimits);
  if (!json) return WebauthnRefusal::malformed_client_data;
  const auto type = json->string("type");
  const auto challenge = json->string("challenge");
  const auto origin = json->string("origin");
  if (!type || !challenge || !origin) return WebauthnRefusal::malformed_client_data;
  const std::optional<std::string> bytes = base64url_decode(*challenge);
  if (!bytes || bytes->empty()) return WebauthnRefusal::malformed_client_data;
  const std::optional<Ceremony> ceremony = ceremony_of(*type);
  if (!ceremony) return WebauthnRefusal::wrong_ceremony;
  if (const auto refusal = refusal_of_frame(*json)) return *refusal;
  if (const auto refusal = refusal_of_binding(*json)) return *refusal;
  return ClientData{*ceremony, *bytes, *origin};
}

Checked<ClientData> check_client_data(std::string_view json, Ceremony ceremony,
                                      const std::vector<std::string>& origins) {
  ClientData data = TRY_CHECKED(parse_client_data(json));
  if (data.ceremony != ceremony) return WebauthnRefusal::wrong_ceremony;
  if (std::find(origins.begin(), origins.end(), data.origin) == origins.end()) {
    return WebauthnRefusal::foreign_origin;
  }
  return data;
}

}  // namespace authd::crypto
