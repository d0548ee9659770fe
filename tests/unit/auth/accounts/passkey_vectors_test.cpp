// Judges that nobody here wrote: the vectors of the specification.
#include <catch2/catch.hpp>

#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "base/encoding.h"
#include "crypto/webauthn/attestation.h"
#include "crypto/webauthn/authenticator_data.h"
#include "webauthn_vectors.h"

using namespace authd;
using namespace authd::auth;
using crypto::WebauthnRefusal;
using test::WebauthnVector;

namespace {

std::string raw(std::string_view hex) {
  return hex_decode(hex).value();
}

const RelyingParty kParty{"example.org", {"https://example.org"}};

crypto::AuthenticatorData new_credential(const WebauthnVector& vector) {
  const auto attestation = crypto::parse_attestation(raw(vector.attestation_object));
  REQUIRE(attestation);
  auto data = crypto::parse_authenticator_data(attestation->authenticator_data);
  REQUIRE(data);
  REQUIRE(data->credential);
  return std::move(*data);
}

// No vector demands user verification; some are without.
crypto::Checked<NewPasskey> verdict_on_registration(const WebauthnVector& vector) {
  RegistrationResponse response;
  response.credential_id = new_credential(vector).credential->id;
  response.client_data_json = raw(vector.registration_client_data);
  response.attestation_object = raw(vector.attestation_object);
  const auto judge = [&](std::string_view challenge) -> std::optional<WebauthnRefusal> {
    if (challenge == raw(vector.registration_challenge)) return std::nullopt;
    return WebauthnRefusal::foreign_challenge;
  };
  return verify_registration({kParty, judge, false}, response);
}

crypto::Checked<Assertion> verdict_on_assertion(const WebauthnVector& vector, size_t bit = 0) {
  const crypto::AuthenticatorData data = new_credential(vector);
  const KnownPasskey known{data.credential->key.bytes(), data.sign_count, data.backup_eligible, ""};
  AssertionResponse response;
  response.credential_id = data.credential->id;
  response.client_data_json = raw(vector.assertion_client_data);
  response.authenticator_data = raw(vector.authenticator_data);
  response.signature = raw(vector.signature);
  if (bit != 0) response.signature.back() = static_cast<char>(response.signature.back() ^ bit);
  const auto judge = [&](std::string_view challenge) -> std::optional<WebauthnRefusal> {
    if (challenge == raw(vector.assertion_challenge)) return std::nullopt;
    return WebauthnRefusal::foreign_challenge;
  };
  return verify_assertion({kParty, judge, false}, UserHandle::optional, known, response);
}

bool is_framed(const WebauthnVector& vector) {
  return vector.section == "16.4" || vector.section == "16.5";
}

bool has_certificate(const WebauthnVector& vector) {
  return vector.what.ends_with("packed with a certificate");
}

}  // namespace

TEST_CASE(
    "the specification's registrations pass, except framed ones and those with certificates") {
  for (const WebauthnVector& vector : test::kWebauthnVectors) {
    CAPTURE(vector.section);
    const auto verdict = verdict_on_registration(vector);
    if (is_framed(vector)) {
      REQUIRE_FALSE(verdict);
      CHECK(verdict.error() == WebauthnRefusal::framed);
    } else if (has_certificate(vector)) {
      REQUIRE_FALSE(verdict);
      CHECK(verdict.error() == WebauthnRefusal::attestation_not_accepted);
    } else {
      REQUIRE(verdict);
      CHECK(verdict->algorithm == crypto::Algorithm::es256);
      CHECK(verdict->challenge == raw(vector.registration_challenge));
    }
  }
}

TEST_CASE("the specification's longest credential id, of 1023 bytes, is accepted") {
  for (const WebauthnVector& vector : test::kWebauthnVectors) {
    if (vector.section != "16.6") continue;
    const auto verdict = verdict_on_registration(vector);
    REQUIRE(verdict);
    CHECK(verdict->credential_id.size() == crypto::kMaxCredentialIdBytes);
  }
}

TEST_CASE("the specification's assertions pass, except framed ones") {
  for (const WebauthnVector& vector : test::kWebauthnVectors) {
    CAPTURE(vector.section);
    const auto verdict = verdict_on_assertion(vector);
    if (is_framed(vector)) {
      REQUIRE_FALSE(verdict);
      CHECK(verdict.error() == WebauthnRefusal::framed);
      continue;
    }
    REQUIRE(verdict);
    CHECK(verdict->counter == CounterVerdict::unused);
    CHECK(verdict->challenge == raw(vector.assertion_challenge));
    const auto spoiled = verdict_on_assertion(vector, 1);
    REQUIRE_FALSE(spoiled);
    CHECK(spoiled.error() == WebauthnRefusal::wrong_signature);
  }
}

TEST_CASE("the specification's keys are of the algorithms that their sections name") {
  using crypto::Algorithm;
  for (const WebauthnVector& vector : test::kWebauthnVectors) {
    CAPTURE(vector.section);
    const Algorithm wanted = vector.section == "16.10"   ? Algorithm::rs256
                             : vector.section == "16.11" ? Algorithm::eddsa
                                                         : Algorithm::es256;
    CHECK(new_credential(vector).credential->key.algorithm() == wanted);
  }
}
