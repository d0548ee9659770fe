#include "auth/oauth/protocol/key_set.h"

#include "support/client_signer.h"

namespace authd::auth {
namespace {

using test::ClientSigner;

std::string set_of(std::initializer_list<std::string> keys) {
  std::string text;
  for (const std::string& key : keys)
    text += (text.empty() ? "" : ",") + key;
  return "{\"keys\":[" + text + "]}";
}

std::string without(std::string jwk, const std::string& member) {
  const size_t at = jwk.find("\"" + member + "\":");
  REQUIRE(at != std::string::npos);
  size_t end = jwk.find(',', at);
  end = end == std::string::npos ? jwk.size() - 1 : end + 1;
  jwk.erase(at, end - at);
  if (jwk.ends_with(",}")) jwk.erase(jwk.size() - 2, 1);
  return jwk;
}

crypto::Jws token_of(const ClientSigner& signer) {
  return crypto::parse_compact(signer.sign({{"iss", "\"app\""}})).value();
}

TEST_CASE("a set of public keys may be registered") {
  test::Instance t;
  const ClientSigner ec(t);
  const ClientSigner okp(t, crypto::Algorithm::eddsa);
  CHECK(check_key_set(ec.jwks()));
  CHECK(check_key_set(set_of({ec.key().public_jwk(), okp.key().public_jwk()})));
  CHECK(check_key_set(set_of({without(ec.key().public_jwk(), "kid")})));
}

TEST_CASE("a set that would not do is refused, with the key that is wrong") {
  test::Instance t;
  const ClientSigner signer(t);
  const std::string jwk = signer.key().public_jwk();
  const auto refused = [](const std::string& text) {
    const Result<void> checked = check_key_set(text);
    if (checked) return std::string();
    CHECK(checked.error().code == ErrorCode::invalid);
    CHECK(checked.error().field == "jwks");
    return checked.error().message;
  };
  CHECK_FALSE(refused("").empty());
  CHECK_FALSE(refused("[]").empty());
  CHECK_FALSE(refused("{}").empty());
  CHECK_FALSE(refused("{\"keys\":{}}").empty());
  CHECK_FALSE(refused(set_of({})).empty());
  CHECK_FALSE(refused(set_of({"7"})).empty());
  CHECK(refused(set_of({jwk, jwk})).starts_with("Key 2"));
  CHECK(refused(set_of({"{\"kty\":\"oct\",\"k\":\"AAAA\"}"})).find("private") != std::string::npos);
  CHECK(refused(set_of({"{\"d\":\"AAAA\"," + jwk.substr(1)})).find("private") != std::string::npos);
  const std::string encrypting = "{\"use\":\"enc\"," + without(jwk, "use").substr(1);
  CHECK(refused(set_of({encrypting})).starts_with("Key 1"));
  CHECK(refused(set_of({without(jwk, "x")})).starts_with("Key 1"));
  CHECK_FALSE(refused("{\"keys\":[],\"x\":\"" + std::string(kMaxKeySetBytes, 'x') + "\"}").empty());
  std::string many;
  for (size_t i = 0; i <= kMaxClientKeys; ++i)
    many += (i == 0 ? "" : ",") + without(jwk, "kid");
  CHECK_FALSE(refused("{\"keys\":[" + many + "]}").empty());
}

TEST_CASE("a token counts if a key that fits has signed it") {
  test::Instance t;
  const ClientSigner signer(t);
  const ClientSigner other(t);
  const ClientSigner okp(t, crypto::Algorithm::eddsa);
  const crypto::Jws token = token_of(signer);
  const std::string jwk = signer.key().public_jwk();
  CHECK(is_signed_by(signer.jwks(), token));
  CHECK(is_signed_by(set_of({okp.key().public_jwk(), other.key().public_jwk(), jwk}), token));
  CHECK(is_signed_by(okp.jwks(), token_of(okp)));
  // Keys may leave out what they are called, and what they are for.
  CHECK(is_signed_by(set_of({without(without(jwk, "kid"), "alg")}), token));
  CHECK_FALSE(is_signed_by(other.jwks(), token));
  CHECK_FALSE(is_signed_by(set_of({"{\"kid\":\"x\"," + without(jwk, "kid").substr(1)}), token));
  CHECK_FALSE(is_signed_by(set_of({"{\"alg\":\"ES384\"," + without(jwk, "alg").substr(1)}), token));
  CHECK_FALSE(is_signed_by("", token));
  crypto::Jws changed = token;
  changed.signing_input += "A";
  CHECK_FALSE(is_signed_by(signer.jwks(), changed));
  crypto::Jws unsigned_one = token;
  unsigned_one.alg = "HS256";
  CHECK_FALSE(is_signed_by(set_of({"{\"kty\":\"oct\",\"k\":\"AAAA\"}"}), unsigned_one));
}

TEST_CASE("an RSA key without an algorithm is for each of its own") {
  test::Instance t;
  const ClientSigner signer(t, crypto::Algorithm::rs256);
  const std::string set = set_of({without(signer.key().public_jwk(), "alg")});
  CHECK(is_signed_by(set, token_of(signer)));
  crypto::Jws pss = token_of(signer);
  pss.alg = "PS256";
  CHECK(has_key_for(set, pss));
  CHECK_FALSE(is_signed_by(set, pss));  // another signature
  CHECK_FALSE(has_key_for(signer.jwks(), pss));
}

TEST_CASE("a set is kept without blanks") {
  CHECK(compact_key_set("{ \"keys\": [ ] }\n") == "{\"keys\":[]}");
  CHECK(compact_key_set("no set") == "no set");
}

}  // namespace
}  // namespace authd::auth
