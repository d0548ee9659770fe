// Registrations and assertions: nothing passes that our key has not signed.
//
// The first byte of the input chooses an algorithm and what is altered: the attestation object, or
// one of the parts of an assertion.
#include "crypto/webauthn/attestation.h"

#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "crypto/webauthn/cose_key.h"
#include "support/software_authenticator.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using test::CredentialKey;

const auth::RelyingParty kParty{"example.org", {"https://example.org"}};

const auto kJudge = [](std::string_view challenge) -> std::optional<crypto::WebauthnRefusal> {
  if (challenge == "the challenge") return std::nullopt;
  return crypto::WebauthnRefusal::foreign_challenge;
};

const auth::Expected kExpected{kParty, kJudge, true};

struct Genuine {
  explicit Genuine(crypto::Algorithm algorithm) : key(algorithm) {
    test::RegistrationParts parts(key);
    parts.attest(key);
    registration = parts.response();
    assertion = test::AssertionParts().response(key);
    known.public_key = key.cose();
    known.user_handle = *assertion.user_handle;
  }
  CredentialKey key;
  auth::RegistrationResponse registration;
  auth::AssertionResponse assertion;
  auth::KnownPasskey known;
};

const Genuine& genuine(size_t which) {
  static const std::vector<Genuine> all = [] {
    std::vector<Genuine> made;
    for (const crypto::CoseAlgorithm& row : crypto::kCoseAlgorithms)
      made.emplace_back(row.algorithm);
    return made;
  }();
  return all[which % all.size()];
}

// Anybody can make one without attestation; with it, only the owner of the key.
void check_registration(const Genuine& made, const auth::RegistrationResponse& response) {
  const auto verdict = auth::verify_registration(kExpected, response);
  if (!verdict) return;
  const auto attestation = crypto::parse_attestation(response.attestation_object);
  CHECK(attestation && attestation->format != crypto::AttestationFormat::other);
  const auto original = crypto::parse_attestation(made.registration.attestation_object);
  if (attestation->format == crypto::AttestationFormat::packed &&
      verdict->public_key == made.known.public_key) {
    CHECK(attestation->authenticator_data == original->authenticator_data);
    CHECK(response.client_data_json == made.registration.client_data_json);
  }
}

void check_assertion(const Genuine& made, const auth::AssertionResponse& response) {
  const auto verdict =
      auth::verify_assertion(kExpected, auth::UserHandle::required, made.known, response);
  if (!verdict) return;
  CHECK(response.authenticator_data == made.assertion.authenticator_data);
  CHECK(response.client_data_json == made.assertion.client_data_json);
  CHECK(response.user_handle == made.assertion.user_handle);
}

void check_genuine() {
  for (size_t i = 0; i < crypto::kCoseAlgorithms.size(); ++i) {
    const Genuine& made = genuine(i);
    CHECK(auth::verify_registration(kExpected, made.registration));
    CHECK(
        auth::verify_assertion(kExpected, auth::UserHandle::required, made.known, made.assertion));
  }
}

}  // namespace

void run(std::string_view input) {
  static const bool are_checked = [] {
    check_genuine();
    return true;
  }();
  CHECK(are_checked);
  Dice dice(input);
  const uint8_t choice = dice.byte();
  const Genuine& made = genuine(choice);
  auth::RegistrationResponse registration = made.registration;
  auth::AssertionResponse assertion = made.assertion;
  switch (choice / 3 % 6) {
    case 0: registration.attestation_object = dice.rest(); break;
    case 1: registration.attestation_object = spoiled(registration.attestation_object, dice); break;
    case 2: registration.client_data_json = spoiled(registration.client_data_json, dice); break;
    case 3: assertion.authenticator_data = spoiled(assertion.authenticator_data, dice); break;
    case 4: assertion.client_data_json = spoiled(assertion.client_data_json, dice); break;
    default: assertion.signature = spoiled(assertion.signature, dice);
  }
  check_registration(made, registration);
  check_assertion(made, assertion);
}

}  // namespace authd::fuzz
