#include "auth/accounts/passkeys/passkey_response.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "crypto/webauthn/authenticator_data.h"
#include "crypto/webauthn/cbor.h"
#include "crypto/webauthn/client_data.h"

namespace authd::auth {
namespace {

using crypto::Checked;
using crypto::WebauthnRefusal;

// Section 5.8.4.
constexpr std::array<std::string_view, 6> kTransports = {"usb",        "nfc",    "ble",
                                                         "smart-card", "hybrid", "internal"};

// Section 5.4.3: at most 64 bytes.
constexpr size_t kMaxUserHandleBytes = 64;
// RSA of 8192 bits.
constexpr size_t kMaxSignatureBytes = 1024;

// base64url of at most `limit` bytes.
Checked<std::string> bytes_at(const JsonObject& json, std::string_view field, size_t limit) {
  const auto text = json.string(field);
  const auto bytes = text ? base64url_decode(*text) : std::nullopt;
  if (!bytes || bytes->empty() || bytes->size() > limit) return WebauthnRefusal::malformed_response;
  return *bytes;
}

// `id` and `rawId` are two names for the same text in JSON (section 5.1).
Checked<std::string> credential_id(const JsonObject& json) {
  std::string id = TRY_CHECKED(bytes_at(json, "id", crypto::kMaxCredentialIdBytes));
  const auto raw_id = bytes_at(json, "rawId", crypto::kMaxCredentialIdBytes);
  const auto type = json.string("type");
  if (!raw_id || *raw_id != id || !type || *type != "public-key") {
    return WebauthnRefusal::malformed_response;
  }
  return id;
}

Checked<JsonObject> object_at(const JsonObject& json, std::string_view field) {
  Result<JsonObject> object = json.object(field);
  if (!object) return WebauthnRefusal::malformed_response;
  return std::move(*object);
}

Checked<std::vector<std::string>> transports_of(const JsonObject& response) {
  const auto given = response.optional_strings("transports");
  if (!given) return WebauthnRefusal::malformed_response;
  std::vector<std::string> known;
  if (!*given) return known;
  for (const std::string_view word : kTransports) {
    if (std::find((*given)->begin(), (*given)->end(), word) != (*given)->end()) {
      known.emplace_back(word);
    }
  }
  return known;
}

Checked<std::optional<bool>> discoverable_of(const JsonObject& json) {
  if (!json.has("clientExtensionResults")) return std::optional<bool>{};
  const JsonObject results = TRY_CHECKED(object_at(json, "clientExtensionResults"));
  if (!results.has("credProps")) return std::optional<bool>{};
  const JsonObject properties = TRY_CHECKED(object_at(results, "credProps"));
  const auto rk = properties.optional_boolean("rk");
  if (!rk) return WebauthnRefusal::malformed_response;
  return *rk;
}

// Absent for credentials that are not discoverable; some browsers send an empty one instead.
Checked<std::optional<std::string>> user_handle_of(const JsonObject& response) {
  const auto text = response.optional_string("userHandle");
  if (!text) return WebauthnRefusal::malformed_response;
  if (!*text || (*text)->empty()) return std::optional<std::string>{};
  return std::optional(TRY_CHECKED(bytes_at(response, "userHandle", kMaxUserHandleBytes)));
}

}  // namespace

Checked<RegistrationResponse> read_registration_response(const JsonObject& json) {
  RegistrationResponse read;
  read.credential_id = TRY_CHECKED(credential_id(json));
  read.is_discoverable = TRY_CHECKED(discoverable_of(json));
  const JsonObject response = TRY_CHECKED(object_at(json, "response"));
  read.client_data_json =
      TRY_CHECKED(bytes_at(response, "clientDataJSON", crypto::kMaxClientDataBytes));
  read.attestation_object =
      TRY_CHECKED(bytes_at(response, "attestationObject", crypto::kMaxCborBytes));
  read.transports = TRY_CHECKED(transports_of(response));
  return read;
}

Checked<AssertionResponse> read_assertion_response(const JsonObject& json) {
  AssertionResponse read;
  read.credential_id = TRY_CHECKED(credential_id(json));
  const JsonObject response = TRY_CHECKED(object_at(json, "response"));
  read.client_data_json =
      TRY_CHECKED(bytes_at(response, "clientDataJSON", crypto::kMaxClientDataBytes));
  read.authenticator_data =
      TRY_CHECKED(bytes_at(response, "authenticatorData", crypto::kMaxCborBytes));
  read.signature = TRY_CHECKED(bytes_at(response, "signature", kMaxSignatureBytes));
  read.user_handle = TRY_CHECKED(user_handle_of(response));
  return read;
}

}  // namespace authd::auth
