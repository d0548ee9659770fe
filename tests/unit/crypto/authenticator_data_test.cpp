#include "crypto/webauthn/authenticator_data.h"

#include <catch2/catch.hpp>

#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::crypto;
using namespace authd::test;

namespace {

const CredentialKey& key() {
  static const CredentialKey made(Algorithm::eddsa);
  return made;
}

AuthenticatorDataParts with_credential() {
  AuthenticatorDataParts parts;
  parts.flags |= kAt;
  parts.key = key().cose();
  return parts;
}

std::optional<WebauthnRefusal> refusal_of(const std::string& bytes, bool needs_uv = true) {
  const auto data = check_authenticator_data(bytes, "example.org", needs_uv);
  return data ? std::nullopt : std::optional(data.error());
}
std::optional<WebauthnRefusal> refusal_of(const AuthenticatorDataParts& parts,
                                          bool needs_uv = true) {
  return refusal_of(parts.bytes(), needs_uv);
}

}  // namespace

TEST_CASE("authenticator data is read") {
  AuthenticatorDataParts parts;
  parts.flags = kUp | kUv | kBe;
  parts.sign_count = 0x81020304;
  const auto data = parse_authenticator_data(parts.bytes());
  REQUIRE(data);
  CHECK(data->rp_id_hash == sha256("example.org"));
  CHECK(data->user_present);
  CHECK(data->user_verified);
  CHECK(data->backup_eligible);
  CHECK_FALSE(data->backed_up);
  CHECK(data->sign_count == 0x81020304);
  CHECK_FALSE(data->credential);
}

TEST_CASE("a credential in authenticator data is read, with extensions after it") {
  AuthenticatorDataParts parts = with_credential();
  parts.flags |= kEd;
  parts.extensions = test::cbor::map({{test::cbor::text("credProtect"), test::cbor::integer(2)}});
  const auto data = parse_authenticator_data(parts.bytes());
  REQUIRE(data);
  REQUIRE(data->credential);
  CHECK(data->credential->aaguid == parts.aaguid);
  CHECK(data->credential->id == parts.id);
  CHECK(data->credential->key.bytes() == key().cose());
}

TEST_CASE("authenticator data that ends too early is refused") {
  for (const AuthenticatorDataParts& parts : {AuthenticatorDataParts{}, with_credential()}) {
    const std::string whole = parts.bytes();
    REQUIRE_FALSE(refusal_of(whole));
    for (size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK(refusal_of(whole.substr(0, size)));
    }
  }
}

TEST_CASE("nothing comes after the parts that the flags announce") {
  AuthenticatorDataParts parts;
  parts.tail = std::string(1, '\0');
  CHECK(refusal_of(parts) == WebauthnRefusal::bytes_left_over);
  parts = with_credential();
  parts.tail = "x";
  CHECK(refusal_of(parts) == WebauthnRefusal::bytes_left_over);
  // A credential or extensions without their flag.
  parts = with_credential();
  parts.flags = kUp | kUv;
  CHECK(refusal_of(parts) == WebauthnRefusal::bytes_left_over);
  parts = {};
  parts.extensions = test::cbor::map({});
  CHECK(refusal_of(parts) == WebauthnRefusal::bytes_left_over);
  parts.flags |= kEd;
  CHECK_FALSE(refusal_of(parts));
  parts.tail = test::cbor::map({});
  CHECK(refusal_of(parts) == WebauthnRefusal::bytes_left_over);
}

TEST_CASE("a flag without its part is refused") {
  AuthenticatorDataParts parts;
  parts.flags |= kAt;
  CHECK(refusal_of(parts) == WebauthnRefusal::malformed_authenticator_data);
  parts.flags = kUp | kUv | kEd;
  CHECK(refusal_of(parts) == WebauthnRefusal::malformed_authenticator_data);
}

TEST_CASE("extensions are a canonical map with text as keys") {
  namespace cbor = test::cbor;
  AuthenticatorDataParts parts;
  parts.flags |= kEd;
  const std::string number = cbor::integer(1);
  for (const std::string& wrong :
       {number, cbor::array({}), cbor::text("x"), cbor::map({{number, number}}),
        cbor::map({{cbor::text("b"), number}, {cbor::text("a"), number}}),
        cbor::map({{cbor::text("a"), number}, {cbor::text("a"), number}}),
        std::string("\xbf\xff")}) {
    parts.extensions = wrong;
    CHECK(refusal_of(parts) == WebauthnRefusal::malformed_authenticator_data);
  }
}

TEST_CASE("the hash is that of our rpId") {
  for (const char* id : {"evil.test", "EXAMPLE.org", "id.example.org", "https://example.org", ""}) {
    CAPTURE(id);
    AuthenticatorDataParts parts;
    parts.rp_id = id;
    CHECK(refusal_of(parts) == WebauthnRefusal::foreign_rp_id);
  }
}

TEST_CASE("the user must be present, and verified where that is asked for") {
  AuthenticatorDataParts parts;
  parts.flags = kUv;
  CHECK(refusal_of(parts) == WebauthnRefusal::user_absent);
  CHECK(refusal_of(parts, false) == WebauthnRefusal::user_absent);
  parts.flags = kUp;
  CHECK(refusal_of(parts) == WebauthnRefusal::user_not_verified);
  CHECK_FALSE(refusal_of(parts, false));
}

TEST_CASE("what cannot be backed up is not backed up") {
  AuthenticatorDataParts parts;
  parts.flags = kUp | kUv | kBs;
  CHECK(refusal_of(parts) == WebauthnRefusal::backed_up_ineligible);
  parts.flags = kUp | kUv | kBe | kBs;
  CHECK_FALSE(refusal_of(parts));
}

TEST_CASE("a credential id has 16 to 1023 bytes, and is there in whole") {
  AuthenticatorDataParts parts = with_credential();
  for (const size_t size : {size_t{16}, size_t{1023}}) {
    parts.id = std::string(size, 'i');
    CHECK_FALSE(refusal_of(parts));
  }
  for (const size_t size : {size_t{0}, size_t{15}, size_t{1024}, size_t{65535}}) {
    parts.id = std::string(size, 'i');
    CHECK(refusal_of(parts) == WebauthnRefusal::credential_id_size);
  }
  parts.id = std::string(32, 'i');
  parts.id_size = 1000;
  CHECK(refusal_of(parts) == WebauthnRefusal::malformed_authenticator_data);
  parts.id_size = 31;
  CHECK(refusal_of(parts) == WebauthnRefusal::malformed_key);
}
