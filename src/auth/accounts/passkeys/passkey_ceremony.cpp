#include "auth/accounts/passkeys/passkey_ceremony.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/webauthn/attestation.h"
#include "crypto/webauthn/authenticator_data.h"
#include "crypto/webauthn/client_data.h"
#include "crypto/webauthn/cose_key.h"

namespace authd::auth {
namespace {

using crypto::AuthenticatorData;
using crypto::Ceremony;
using crypto::Checked;
using crypto::ClientData;
using crypto::CoseKey;
using crypto::WebauthnRefusal;

Checked<ClientData> checked_client_data(const Expected& expected, Ceremony ceremony,
                                        std::string_view json) {
  ClientData data = TRY_CHECKED(crypto::check_client_data(json, ceremony, expected.party.origins));
  if (const auto refusal = expected.judge_challenge(data.challenge)) return *refusal;
  return data;
}

Checked<AuthenticatorData> checked_authenticator_data(const Expected& expected,
                                                      std::string_view bytes) {
  return crypto::check_authenticator_data(bytes, expected.party.id,
                                          expected.needs_user_verification);
}

std::optional<WebauthnRefusal> refusal_of_handle(UserHandle wanted, const KnownPasskey& known,
                                                 const AssertionResponse& response) {
  if (response.user_handle) {
    const bool is_owner = *response.user_handle == known.user_handle;
    return is_owner ? std::nullopt : std::optional(WebauthnRefusal::user_handle_differs);
  }
  if (wanted == UserHandle::required) return WebauthnRefusal::user_handle_missing;
  return std::nullopt;
}

// Section 7.2, on signCount: the relying party decides what a counter that went back means.
CounterVerdict verdict_of(uint32_t stored, uint32_t given) {
  if (stored == 0 && given == 0) return CounterVerdict::unused;
  return given > stored ? CounterVerdict::advanced : CounterVerdict::went_back;
}

// The base point of P-256 (SEC 2 section 2.4.2), as a COSE key. Its private key is 1, so anybody
// can sign with it; that never counts.
constexpr std::string_view kDecoyKey(
    "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
    "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2"
    "\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96"
    "\x22\x58\x20"
    "\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16"
    "\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5",
    77);

// What is refused only after the signature was right.
bool rests_on_credential(WebauthnRefusal refusal) {
  return refusal == WebauthnRefusal::user_handle_missing ||
         refusal == WebauthnRefusal::user_handle_differs ||
         refusal == WebauthnRefusal::eligibility_changed ||
         refusal == WebauthnRefusal::clone_suspected;
}

}  // namespace

Checked<NewPasskey> verify_registration(const Expected& expected,
                                        const RegistrationResponse& response) {
  const ClientData client =
      TRY_CHECKED(checked_client_data(expected, Ceremony::registration, response.client_data_json));
  const crypto::Attestation attestation =
      TRY_CHECKED(crypto::parse_attestation(response.attestation_object));
  const AuthenticatorData data =
      TRY_CHECKED(checked_authenticator_data(expected, attestation.authenticator_data));
  if (!data.credential) return WebauthnRefusal::credential_absent;
  if (data.credential->id != response.credential_id) {
    return WebauthnRefusal::credential_id_differs;
  }
  const CoseKey& key = data.credential->key;
  if (const auto refusal = crypto::refusal_of(attestation, key, response.client_data_json)) {
    return *refusal;
  }
  NewPasskey made;
  made.credential_id = data.credential->id;
  made.public_key = key.bytes();
  made.algorithm = key.algorithm();
  made.sign_count = data.sign_count;
  made.backup_eligible = data.backup_eligible;
  made.backed_up = data.backed_up;
  made.user_verified = data.user_verified;
  made.aaguid = data.credential->aaguid;
  made.transports = response.transports;
  made.is_discoverable = response.is_discoverable;
  made.challenge = client.challenge;
  return made;
}

// The signature comes before everything that rests on the credential: see refuse_unknown().
Checked<Assertion> verify_assertion(const Expected& expected, UserHandle user_handle,
                                    const KnownPasskey& known, const AssertionResponse& response) {
  const ClientData client =
      TRY_CHECKED(checked_client_data(expected, Ceremony::assertion, response.client_data_json));
  const AuthenticatorData data =
      TRY_CHECKED(checked_authenticator_data(expected, response.authenticator_data));
  if (data.credential) return WebauthnRefusal::credential_present;
  const CoseKey key = TRY_CHECKED(CoseKey::parse(known.public_key));
  const std::string input = response.authenticator_data + crypto::sha256(response.client_data_json);
  if (!key.verify(input, response.signature)) return WebauthnRefusal::wrong_signature;
  if (const auto refusal = refusal_of_handle(user_handle, known, response)) return *refusal;
  if (data.backup_eligible != known.backup_eligible) return WebauthnRefusal::eligibility_changed;
  const CounterVerdict counter = verdict_of(known.sign_count, data.sign_count);
  if (counter == CounterVerdict::went_back && !known.backup_eligible) {
    return WebauthnRefusal::clone_suspected;
  }
  Assertion made;
  made.sign_count = std::max(known.sign_count, data.sign_count);
  made.counter = counter;
  made.user_verified = data.user_verified;
  made.backed_up = data.backed_up;
  made.challenge = client.challenge;
  return made;
}

WebauthnRefusal refuse_unknown(const Expected& expected, UserHandle user_handle,
                               const AssertionResponse& response) {
  const KnownPasskey decoy{std::string(kDecoyKey), 0, false, ""};
  const auto checked = verify_assertion(expected, user_handle, decoy, response);
  const bool is_of_signature = checked || checked.error() == WebauthnRefusal::wrong_signature ||
                               rests_on_credential(checked.error());
  return is_of_signature ? WebauthnRefusal::unknown_credential : checked.error();
}

}  // namespace authd::auth
