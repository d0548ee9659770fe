// What a page sends after navigator.credentials.create() or get(): the JSON that
// PublicKeyCredential.toJSON() makes (Web Authentication Level 3, section 5.1, dictionaries
// RegistrationResponseJSON and AuthenticationResponseJSON). Nothing in it is checked yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::auth {

// All strings are raw bytes, not base64url, except `transports`.
struct RegistrationResponse {
  std::string credential_id;
  std::string client_data_json;
  std::string attestation_object;
  // How the browser may reach the authenticator (section 5.8.4): the known words, each once.
  std::vector<std::string> transports;
  // Whether the authenticator can be asked without the credential's id (credProps.rk, section
  // 10.1.3); nullopt if the browser does not know. No signature covers it.
  std::optional<bool> is_discoverable;
};

struct AssertionResponse {
  std::string credential_id;
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
  std::optional<std::string> user_handle;  // never empty
};

// Members that repeat others in an easier form (publicKey, …) are not read. Refusal:
// `malformed_response`.
crypto::Checked<RegistrationResponse> read_registration_response(const JsonObject& json);
crypto::Checked<AssertionResponse> read_assertion_response(const JsonObject& json);

}  // namespace authd::auth
