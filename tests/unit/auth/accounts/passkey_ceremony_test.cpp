// A lying authenticator: registrations and assertions in which one thing is wrong. Names in
// brackets are those of the FIDO conformance tests.
#include "auth/accounts/passkeys/passkey_ceremony.h"

#include <catch2/catch.hpp>

#include <functional>

#include "crypto/webauthn/authenticator_data.h"
#include "crypto/webauthn/cose_key.h"
#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::auth;
using namespace authd::test;
using crypto::Algorithm;
using crypto::WebauthnRefusal;
namespace cbor = authd::test::cbor;

namespace {

const RelyingParty kParty{"example.org", {"https://example.org", "https://id.example.org"}};

const std::vector<CredentialKey>& keys() {
  static const std::vector<CredentialKey> all = [] {
    std::vector<CredentialKey> made;
    for (const crypto::CoseAlgorithm& row : crypto::kCoseAlgorithms)
      made.emplace_back(row.algorithm);
    return made;
  }();
  return all;
}

// Of another authenticator.
const CredentialKey& strange_key() {
  static const CredentialKey made(Algorithm::es256);
  return made;
}

const auto kJudge = [](std::string_view challenge) -> std::optional<WebauthnRefusal> {
  if (challenge == "the challenge") return std::nullopt;
  return WebauthnRefusal::foreign_challenge;
};

crypto::Checked<NewPasskey> verdict(const RegistrationResponse& response, bool needs_uv = true) {
  return verify_registration({kParty, kJudge, needs_uv}, response);
}

std::optional<WebauthnRefusal> refusal_of(const RegistrationParts& parts) {
  const auto outcome = verdict(parts.response());
  return outcome ? std::nullopt : std::optional(outcome.error());
}

// With each algorithm, a registration with the lie is refused for that reason, and one without is
// accepted.
struct RegistrationLie {
  const char* what;
  std::function<void(RegistrationParts&)> tell;
  WebauthnRefusal reason;
};
void check_registrations(const std::vector<RegistrationLie>& lies) {
  for (const CredentialKey& key : keys()) {
    REQUIRE_FALSE(refusal_of(RegistrationParts(key)));
    for (const RegistrationLie& lie : lies) {
      CAPTURE(crypto::name(key.algorithm()), lie.what);
      RegistrationParts parts(key);
      lie.tell(parts);
      CHECK(refusal_of(parts) == lie.reason);
    }
  }
}

KnownPasskey known_for(const CredentialKey& key) {
  KnownPasskey known;
  known.public_key = key.cose();
  known.user_handle = "the handle";
  return known;
}

crypto::Checked<Assertion> verdict(const KnownPasskey& known, const AssertionResponse& response,
                                   UserHandle handle = UserHandle::required) {
  return verify_assertion({kParty, kJudge, true}, handle, known, response);
}

std::optional<WebauthnRefusal> refusal_of(const KnownPasskey& known,
                                          const AssertionResponse& response,
                                          UserHandle handle = UserHandle::required) {
  const auto outcome = verdict(known, response, handle);
  return outcome ? std::nullopt : std::optional(outcome.error());
}

struct AssertionLie {
  const char* what;
  std::function<void(AssertionParts&)> tell;
  WebauthnRefusal reason;
};
void check_assertions(const std::vector<AssertionLie>& lies) {
  for (const CredentialKey& key : keys()) {
    const KnownPasskey known = known_for(key);
    REQUIRE_FALSE(refusal_of(known, AssertionParts().response(key)));
    for (const AssertionLie& lie : lies) {
      CAPTURE(crypto::name(key.algorithm()), lie.what);
      AssertionParts parts;
      lie.tell(parts);
      CHECK(refusal_of(known, parts.response(key)) == lie.reason);
    }
  }
}

// Lies about client data, for both ceremonies.
struct ClientLie {
  const char* what;
  std::function<void(ClientDataParts&)> tell;
  WebauthnRefusal reason;
};
const std::vector<ClientLie> kClientLies = {
    {"nothing", [](auto& client) { client.whole = ""; }, WebauthnRefusal::malformed_client_data},
    {"not UTF-8", [](auto& client) { client.more = ",\"a\":\"\xff\""; },
     WebauthnRefusal::malformed_client_data},
    {"a name twice", [](auto& client) { client.more = R"(,"challenge":"AAAA")"; },
     WebauthnRefusal::malformed_client_data},
    {"bytes behind it", [](auto& client) { client.whole = client.json() + "{}"; },
     WebauthnRefusal::malformed_client_data},
    {"another type", [](auto& client) { client.type = "webauthn"; },
     WebauthnRefusal::wrong_ceremony},
    {"another challenge", [](auto& client) { client.challenge = "the challengf"; },
     WebauthnRefusal::foreign_challenge},
    {"a part of the challenge", [](auto& client) { client.challenge = "the challeng"; },
     WebauthnRefusal::foreign_challenge},
    {"another site", [](auto& client) { client.origin = "https://evil.test"; },
     WebauthnRefusal::foreign_origin},
    {"another port", [](auto& client) { client.origin = "https://example.org:8443"; },
     WebauthnRefusal::foreign_origin},
    {"without TLS", [](auto& client) { client.origin = "http://example.org"; },
     WebauthnRefusal::foreign_origin},
    {"crossOrigin", [](auto& client) { client.cross_origin = "true"; }, WebauthnRefusal::framed},
    {"topOrigin", [](auto& client) { client.more = R"(,"topOrigin":"https://example.org")"; },
     WebauthnRefusal::framed},
    {"token binding",
     [](auto& client) { client.more = R"(,"tokenBinding":{"status":"present","id":"AA"})"; },
     WebauthnRefusal::token_binding},
};

// Lies about authenticator data, for both ceremonies.
struct DataLie {
  const char* what;
  std::function<void(AuthenticatorDataParts&)> tell;
  WebauthnRefusal reason;
};
const std::vector<DataLie> kDataLies = {
    {"nothing", [](auto& data) { data.whole = ""; }, WebauthnRefusal::malformed_authenticator_data},
    {"36 bytes", [](auto& data) { data.whole = data.bytes().substr(0, 36); },
     WebauthnRefusal::malformed_authenticator_data},
    {"bytes behind it", [](auto& data) { data.tail = std::string(1, '\0'); },
     WebauthnRefusal::bytes_left_over},
    {"another relying party", [](auto& data) { data.rp_id = "evil.test"; },
     WebauthnRefusal::foreign_rp_id},
    {"nobody there", [](auto& data) { data.flags &= ~kUp; }, WebauthnRefusal::user_absent},
    {"anybody there", [](auto& data) { data.flags &= ~kUv; }, WebauthnRefusal::user_not_verified},
    {"BS without BE", [](auto& data) { data.flags |= kBs; }, WebauthnRefusal::backed_up_ineligible},
    {"no extensions in spite of ED", [](auto& data) { data.flags |= kEd; },
     WebauthnRefusal::malformed_authenticator_data},
    {"extensions without ED", [](auto& data) { data.extensions = cbor::map({}); },
     WebauthnRefusal::bytes_left_over},
    {"extensions that are no map",
     [](auto& data) {
       data.flags |= kEd;
       data.extensions = cbor::array({});
     },
     WebauthnRefusal::malformed_authenticator_data},
};

cbor::Members without_last(cbor::Members members) {
  members.pop_back();
  return members;
}

}  // namespace

TEST_CASE("a registration says what there is to store") {
  for (const CredentialKey& key : keys()) {
    CAPTURE(crypto::name(key.algorithm()));
    RegistrationParts parts(key);
    parts.data.flags |= kBe | kBs | kEd;
    parts.data.sign_count = 7;
    parts.data.extensions = cbor::map({{cbor::text("credProtect"), cbor::integer(2)}});
    RegistrationResponse response = parts.response();
    response.is_discoverable = true;
    const auto made = verdict(response);
    REQUIRE(made);
    CHECK(made->credential_id == parts.data.id);
    CHECK(made->public_key == key.cose());
    CHECK(made->algorithm == key.algorithm());
    CHECK(made->sign_count == 7);
    CHECK(made->backup_eligible);
    CHECK(made->backed_up);
    CHECK(made->user_verified);
    CHECK(made->aaguid == parts.data.aaguid);
    CHECK(made->transports == std::vector<std::string>{"internal"});
    CHECK(made->is_discoverable == true);
    CHECK(made->challenge == "the challenge");
  }
}

TEST_CASE("a registration without user verification is accepted where none is asked for") {
  RegistrationParts parts(strange_key());
  parts.data.flags &= static_cast<uint8_t>(~kUv);
  const auto made = verdict(parts.response(), false);
  REQUIRE(made);
  CHECK_FALSE(made->user_verified);
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-2] client data that lies") {
  std::vector<RegistrationLie> lies = {{"the other ceremony",
                                        [](auto& parts) { parts.client.type = "webauthn.get"; },
                                        WebauthnRefusal::wrong_ceremony}};
  for (const ClientLie& lie : kClientLies)
    lies.push_back({lie.what, [&](auto& parts) { lie.tell(parts.client); }, lie.reason});
  check_registrations(lies);
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-3] attestation objects that lie") {
  std::vector<RegistrationLie> lies = {
      {"bytes behind it", [](auto& parts) { parts.tail = "x"; },
       WebauthnRefusal::malformed_attestation},
      {"nothing", [](auto& parts) { parts.whole = ""; }, WebauthnRefusal::malformed_attestation},
      {"no map", [](auto& parts) { parts.whole = cbor::array({}); },
       WebauthnRefusal::malformed_attestation},
      {"no authenticator data",
       [](auto& parts) {
         parts.whole = cbor::map(
             {{cbor::text("fmt"), cbor::text("none")}, {cbor::text("attStmt"), cbor::map({})}});
       },
       WebauthnRefusal::malformed_attestation},
      {"no credential in spite of AT", [](auto& parts) { parts.data.key = ""; },
       WebauthnRefusal::malformed_authenticator_data},
      {"no credential",
       [](auto& parts) {
         parts.data.key = "";
         parts.data.flags &= ~kAt;
       },
       WebauthnRefusal::credential_absent},
      {"a credential without AT", [](auto& parts) { parts.data.flags &= ~kAt; },
       WebauthnRefusal::bytes_left_over},
      {"a credential id of 1024 bytes", [](auto& parts) { parts.data.id = std::string(1024, 'i'); },
       WebauthnRefusal::credential_id_size},
      {"a credential id of 15 bytes", [](auto& parts) { parts.data.id = std::string(15, 'i'); },
       WebauthnRefusal::credential_id_size},
      {"a credential id that ends too late", [](auto& parts) { parts.data.id_size = 1023; },
       WebauthnRefusal::malformed_authenticator_data},
  };
  for (const DataLie& lie : kDataLies)
    lies.push_back({lie.what, [&](auto& parts) { lie.tell(parts.data); }, lie.reason});
  check_registrations(lies);
}

TEST_CASE("the credential's id is the same inside and outside of what is signed") {
  for (const CredentialKey& key : keys()) {
    RegistrationResponse response = RegistrationParts(key).response();
    response.credential_id.back() = 'j';
    const auto made = verdict(response);
    REQUIRE_FALSE(made);
    CHECK(made.error() == WebauthnRefusal::credential_id_differs);
  }
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-4] algorithms and keys that lie") {
  const auto with_last = [](cbor::Members members, const std::string& value) {
    members.back().second = value;
    return cbor::map(members);
  };
  const auto with_algorithm = [](cbor::Members members, int64_t id) {
    members[1].second = cbor::integer(id);
    return cbor::map(members);
  };
  const CredentialKey& ec = keys()[0];
  const CredentialKey& rsa = keys()[2];
  std::string off_the_curve = ec.member("y");
  off_the_curve[9] = static_cast<char>(off_the_curve[9] ^ 4);
  cbor::Members short_rsa = rsa.cose_members();
  short_rsa[2].second = cbor::bytes(std::string(128, '\xfb'));
  cbor::Members with_private = ec.cose_members();
  with_private.emplace_back(cbor::integer(-4), cbor::bytes(std::string(32, 'd')));
  const auto set = [](const std::string& key) {
    return [key](RegistrationParts& parts) { parts.data.key = key; };
  };
  check_registrations({
      {"ES384", set(with_algorithm(ec.cose_members(), -35)),
       WebauthnRefusal::algorithm_not_accepted},
      {"RS1", set(with_algorithm(rsa.cose_members(), -65535)),
       WebauthnRefusal::algorithm_not_accepted},
      {"ML-DSA-65", set(with_algorithm(ec.cose_members(), -49)),
       WebauthnRefusal::algorithm_not_accepted},
      {"off the curve", set(with_last(ec.cose_members(), cbor::bytes(off_the_curve))),
       WebauthnRefusal::unsafe_key},
      {"compressed", set(with_last(ec.cose_members(), cbor::boolean(false))),
       WebauthnRefusal::malformed_key},
      {"RSA of 1024 bits", set(cbor::map(short_rsa)), WebauthnRefusal::unsafe_key},
      {"RSA with the exponent 3", set(with_last(rsa.cose_members(), cbor::bytes("\x03"))),
       WebauthnRefusal::unsafe_key},
      {"a private part", set(cbor::map(with_private)), WebauthnRefusal::malformed_key},
      {"a member less", set(cbor::map(without_last(ec.cose_members()))),
       WebauthnRefusal::malformed_key},
      {"no key", set(cbor::map({})), WebauthnRefusal::malformed_key},
  });
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-6] packed self attestation") {
  for (const CredentialKey& key : keys()) {
    CAPTURE(crypto::name(key.algorithm()));
    RegistrationParts good(key);
    good.attest(key);
    CHECK_FALSE(refusal_of(good));

    RegistrationParts parts = good;
    parts.statement[0].second = cbor::integer(-35);
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_algorithm);
    parts = good;
    parts.statement[0].second = cbor::integer(key.cose_algorithm() == -7 ? -8 : -7);
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_algorithm);

    // Signed by another key of the same algorithm, or over something else.
    parts = RegistrationParts(key);
    parts.attest(CredentialKey(key.algorithm()));
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_signature);
    parts = good;
    parts.data.sign_count = 1;
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_signature);
    parts = good;
    parts.client.more = R"(,"a":1)";
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_signature);
    parts = good;
    parts.statement[1].second = cbor::bytes("");
    CHECK(refusal_of(parts) == WebauthnRefusal::attestation_signature);

    parts = good;
    parts.statement.pop_back();
    CHECK(refusal_of(parts) == WebauthnRefusal::malformed_attestation);
    parts = good;
    parts.statement.emplace_back(cbor::text("more"), cbor::integer(1));
    CHECK(refusal_of(parts) == WebauthnRefusal::malformed_attestation);
  }
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-7] the format none says nothing") {
  check_registrations({{"a statement",
                        [](auto& parts) {
                          parts.statement = {{cbor::text("alg"), cbor::integer(-7)}};
                        },
                        WebauthnRefusal::malformed_attestation}});
}

TEST_CASE("[Server-ServerAuthenticatorAttestationResponse-Resp-5, -8 to -B] other attestations") {
  std::vector<RegistrationLie> lies = {{"packed with a certificate",
                                        [](auto& parts) {
                                          parts.attest(strange_key());
                                          parts.statement.emplace_back(
                                              cbor::text("x5c"), cbor::array({cbor::bytes("c")}));
                                        },
                                        WebauthnRefusal::attestation_not_accepted}};
  for (const char* format : {"fido-u2f", "tpm", "android-key", "android-safetynet", "apple", "x"}) {
    lies.push_back({format, [format](auto& parts) { parts.format = format; },
                    WebauthnRefusal::attestation_not_accepted});
  }
  check_registrations(lies);
}

TEST_CASE("an algorithm that is not accepted is the reason, whatever the attestation") {
  RegistrationParts parts(keys()[0]);
  cbor::Members members = keys()[0].cose_members();
  members[1].second = cbor::integer(-35);
  parts.data.key = cbor::map(members);
  parts.format = "tpm";
  CHECK(refusal_of(parts) == WebauthnRefusal::algorithm_not_accepted);
}

TEST_CASE("an assertion says what there is to store") {
  for (const CredentialKey& key : keys()) {
    KnownPasskey known = known_for(key);
    known.sign_count = 4;
    known.backup_eligible = true;
    AssertionParts parts;
    parts.data.flags |= kBe | kBs | kEd;
    parts.data.sign_count = 5;
    parts.data.extensions = cbor::map({{cbor::text("more"), cbor::boolean(true)}});
    const auto made = verdict(known, parts.response(key));
    REQUIRE(made);
    CHECK(made->sign_count == 5);
    CHECK(made->counter == CounterVerdict::advanced);
    CHECK(made->user_verified);
    CHECK(made->backed_up);
    CHECK(made->challenge == "the challenge");
  }
}

TEST_CASE("[Server-ServerAuthenticatorAssertionResponse-Resp-2] client data that lies") {
  std::vector<AssertionLie> lies = {{"the other ceremony",
                                     [](auto& parts) { parts.client.type = "webauthn.create"; },
                                     WebauthnRefusal::wrong_ceremony}};
  for (const ClientLie& lie : kClientLies)
    lies.push_back({lie.what, [&](auto& parts) { lie.tell(parts.client); }, lie.reason});
  check_assertions(lies);
}

TEST_CASE("[Server-ServerAuthenticatorAssertionResponse-Resp-3] authenticator data that lies") {
  std::vector<AssertionLie> lies = {{"a credential",
                                     [](auto& parts) {
                                       parts.data.flags |= kAt;
                                       parts.data.key = keys()[0].cose();
                                     },
                                     WebauthnRefusal::credential_present},
                                    {"BE changed", [](auto& parts) { parts.data.flags |= kBe; },
                                     WebauthnRefusal::eligibility_changed}};
  for (const DataLie& lie : kDataLies)
    lies.push_back({lie.what, [&](auto& parts) { lie.tell(parts.data); }, lie.reason});
  check_assertions(lies);
}

TEST_CASE("backup eligibility must not change in either direction") {
  KnownPasskey known = known_for(keys()[0]);
  known.backup_eligible = true;
  CHECK(refusal_of(known, AssertionParts().response(keys()[0])) ==
        WebauthnRefusal::eligibility_changed);
}

TEST_CASE("a signature by another key, over other data or in another form is wrong") {
  for (const CredentialKey& key : keys()) {
    CAPTURE(crypto::name(key.algorithm()));
    const KnownPasskey known = known_for(key);
    const AssertionResponse good = AssertionParts().response(key);
    const auto is_wrong = [&](const AssertionResponse& response) {
      return refusal_of(known, response) == WebauthnRefusal::wrong_signature;
    };
    CHECK(is_wrong(AssertionParts().response(CredentialKey(key.algorithm()))));
    AssertionResponse response = good;
    response.signature += '\0';
    CHECK(is_wrong(response));
    response = good;
    response.signature.clear();
    CHECK(is_wrong(response));
    response = good;
    response.signature.pop_back();
    CHECK(is_wrong(response));
    AssertionParts parts;
    parts.data.sign_count = 1;
    response = good;
    response.authenticator_data = parts.data.bytes();
    CHECK(is_wrong(response));
    parts.client.more = R"(,"a":1)";
    response = good;
    response.client_data_json = parts.client.json();
    CHECK(is_wrong(response));
  }
}

TEST_CASE("the user handle is the owner's, and is there when nothing else says who signs in") {
  const CredentialKey& key = keys()[0];
  const KnownPasskey known = known_for(key);
  AssertionParts parts;
  parts.user_handle = "another handle";
  CHECK(refusal_of(known, parts.response(key)) == WebauthnRefusal::user_handle_differs);
  CHECK(refusal_of(known, parts.response(key), UserHandle::optional) ==
        WebauthnRefusal::user_handle_differs);
  parts.user_handle.reset();
  CHECK(refusal_of(known, parts.response(key)) == WebauthnRefusal::user_handle_missing);
  CHECK_FALSE(refusal_of(known, parts.response(key), UserHandle::optional));
}

TEST_CASE("the counter of a credential on one device goes up, or is always 0") {
  const CredentialKey& key = keys()[0];
  struct Row {
    uint32_t stored;
    uint32_t given;
    bool is_good;
  };
  for (const Row& row : {Row{0, 0, true}, Row{0, 1, true}, Row{1, 2, true}, Row{5, 5, false},
                         Row{5, 4, false}, Row{5, 0, false}, Row{5, UINT32_MAX, true}}) {
    CAPTURE(row.stored, row.given);
    KnownPasskey known = known_for(key);
    known.sign_count = row.stored;
    AssertionParts parts;
    parts.data.sign_count = row.given;
    const auto made = verdict(known, parts.response(key));
    REQUIRE(made.has_value() == row.is_good);
    if (!made) CHECK(made.error() == WebauthnRefusal::clone_suspected);
    if (made) CHECK(made->sign_count == row.given);
  }
}

TEST_CASE("the counter of a credential that is backed up may go back, and is marked then") {
  const CredentialKey& key = keys()[0];
  KnownPasskey known = known_for(key);
  known.backup_eligible = true;
  known.sign_count = 5;
  AssertionParts parts;
  parts.data.flags |= kBe;
  for (const uint32_t given : {5U, 4U, 0U}) {
    CAPTURE(given);
    parts.data.sign_count = given;
    const auto made = verdict(known, parts.response(key));
    REQUIRE(made);
    CHECK(made->counter == CounterVerdict::went_back);
    CHECK(made->sign_count == 5);
  }
}

TEST_CASE("nobody is suspected of a copy whose signature is wrong") {
  const CredentialKey& key = keys()[0];
  KnownPasskey known = known_for(key);
  known.sign_count = 5;
  CHECK(refusal_of(known, AssertionParts().response(strange_key())) ==
        WebauthnRefusal::wrong_signature);
}

TEST_CASE("a credential that is not known is refused, even if everything else is right") {
  const Expected expected{kParty, kJudge, true};
  for (const CredentialKey& key : keys()) {
    CHECK(refuse_unknown(expected, UserHandle::required, AssertionParts().response(key)) ==
          WebauthnRefusal::unknown_credential);
  }
}
