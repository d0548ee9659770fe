#include "crypto/jose/jwt.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/digest.h"

using namespace authd;
using namespace authd::crypto;

namespace {

const std::string kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

SigningKey public_key(std::string_view jwk) {
  auto key = SigningKey::from_public_jwk(jwk);
  REQUIRE(key);
  return std::move(*key);
}

SigningKey fresh(Algorithm algorithm) {
  SystemRandom random;
  auto key = SigningKey::generate(algorithm, random);
  REQUIRE(key);
  return std::move(*key);
}

bool verifies(std::string_view token, const SigningKey& key) {
  const auto jws = parse_compact(token);
  return jws && verify(*jws, key);
}

// A token with any header and payload and a valid signature.
std::string signed_with(const SigningKey& key, std::string_view header) {
  const std::string input = base64url_encode(header) + "." + kPayload;
  return input + "." + base64url_encode(*key.sign(input));
}

}  // namespace

TEST_CASE("RFC 7515 A.1: HS256") {
  const auto bytes = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(bytes);
  const auto key = SigningKey::from_private(Algorithm::hs256, SecretKey(*bytes));
  REQUIRE(key);
  const std::string token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + kPayload +
                            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  CHECK(verifies(token, *key));
  CHECK_FALSE(verifies(token, fresh(Algorithm::hs256)));
  CHECK(key->public_jwk().empty());
}

TEST_CASE("RFC 7515 A.2: RS256") {
  const SigningKey key = public_key(
      R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})");
  CHECK(verifies("eyJhbGciOiJSUzI1NiJ9." + kPayload +
                     ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"
                     "0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
                     "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
                     "xi12jzDwusC-"
                     "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIh"
                     "WkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
                 key));
}

TEST_CASE("RFC 7515 A.3: ES256") {
  const SigningKey key = public_key(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  const std::string head = "eyJhbGciOiJFUzI1NiJ9." + kPayload + ".";
  const std::string signature =
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  CHECK(verifies(head + signature, key));
  std::string raw = *base64url_decode(signature);
  for (size_t i = 0; i < raw.size(); ++i) {
    std::string flipped = raw;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    CHECK_FALSE(verifies(head + base64url_encode(flipped), key));
  }
  // The "psychic" signature, r or s alone zero, r beyond the order, cut and lengthened.
  for (const std::string& bad :
       {std::string(64, '\0'), raw.substr(0, 32) + std::string(32, '\0'),
        std::string(32, '\0') + raw.substr(32), std::string(32, '\xff') + raw.substr(32),
        raw.substr(0, 63), raw + '\0', std::string("\0", 1) + raw}) {
    CHECK_FALSE(verifies(head + base64url_encode(bad), key));
  }
}

TEST_CASE("RFC 8037 A: Ed25519 signature and thumbprint") {
  const SigningKey key = public_key(
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  CHECK(
      verifies("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_"
               "MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
               key));
  CHECK(key.kid() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("RFC 7638 3.1: thumbprint of an RSA key") {
  const SigningKey key = public_key(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  CHECK(key.kid() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST_CASE("every algorithm signs what it verifies, from its stored form and its public form too") {
  for (const Algorithm algorithm :
       {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256, Algorithm::hs256}) {
    const SigningKey key = fresh(algorithm);
    const auto token = sign_jwt(key, "at+jwt", R"({"sub":"1"})");
    REQUIRE(token);
    const auto jws = parse_compact(*token);
    REQUIRE(jws);
    CHECK(jws->kid == key.kid());
    CHECK(jws->typ == "at+jwt");
    CHECK(jws->payload == R"({"sub":"1"})");
    CHECK(verify(*jws, key));
    const auto again = SigningKey::from_private(algorithm, key.private_bytes());
    REQUIRE(again);
    CHECK(again->kid() == key.kid());
    CHECK(verifies(*token, *again));
    CHECK_FALSE(verifies(*token, fresh(algorithm)));
    if (algorithm != Algorithm::hs256) CHECK(verifies(*token, public_key(key.public_jwk())));
  }
  CHECK_FALSE(SigningKey::from_private(Algorithm::rs256, fresh(Algorithm::es256).private_bytes()));
  CHECK_FALSE(SigningKey::from_private(Algorithm::es256, SecretKey("garbage")));
  CHECK_FALSE(SigningKey::from_private(Algorithm::hs256, SecretKey("short")));
}

TEST_CASE("the key decides the algorithm, never the header") {
  const SigningKey key = fresh(Algorithm::es256);
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"NONE"})", R"({"alg":""})", R"({})",
        R"({"alg":7})", R"({"alg":"HS256"})", R"({"alg":"RS256"})", R"({"alg":"EdDSA"})",
        R"({"alg":"es256"})", R"({"alg":"ES384"})"}) {
    CAPTURE(header);
    CHECK_FALSE(verifies(signed_with(key, header), key));
  }
  CHECK(verifies(signed_with(key, R"({"alg":"ES256"})"), key));
  // HS256 with the public key as the secret.
  const std::string input = base64url_encode(R"({"alg":"HS256"})") + "." + kPayload;
  CHECK_FALSE(verifies(input + "." + base64url_encode(hmac_sha256(key.public_jwk(), input)), key));
}

TEST_CASE(
    "headers that bring or name a key, or that are not understood, are refused, however well they "
    "are signed") {
  const SigningKey key = fresh(Algorithm::es256);
  for (const std::string& more :
       {std::string(R"("jwk":)") + key.public_jwk(), std::string(R"("jku":"https://x")"),
        std::string(R"("x5u":"https://x")"), std::string(R"("x5c":[])"),
        std::string(R"("crit":["exp"],"exp":1)"), std::string(R"("crit":[])"),
        std::string(R"("b64":false)"), std::string(R"("zip":"DEF")"),
        std::string(R"("alg":"ES256")")}) {
    CAPTURE(more);
    CHECK_FALSE(verifies(signed_with(key, R"({"alg":"ES256",)" + more + "}"), key));
  }
}

TEST_CASE("a compact token has one form") {
  const SigningKey key = fresh(Algorithm::eddsa);
  const std::string token = *sign_jwt(key, "at+jwt", R"({"sub":"1"})");
  REQUIRE(verifies(token, key));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string flipped = token;
    flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verifies(flipped, key));
  }
  // The last character of a 64-byte signature carries four bits that must be zero.
  std::string loose = token;
  loose.back() = loose.back() == 'Q' ? 'R' : static_cast<char>(loose.back() + 1);
  CHECK_FALSE(verifies(loose, key));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), token + "=", token + ".", "." + token,
        token + "\n", " " + token, token.substr(0, token.rfind('.')),
        token.substr(0, token.rfind('.') + 1), std::string(9000, 'a'), token + token}) {
    CHECK_FALSE(verifies(bad, key));
  }
}

TEST_CASE("digests are the published ones") {
  CHECK(hex_encode(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  CHECK(hex_encode(sha256("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")) ==  // RFC 4231 section 4.3
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");  // section 4.7
}

TEST_CASE("a token may bring its key where a proof of that key is wanted, and nowhere else") {
  const SigningKey key = fresh(Algorithm::es256);
  const auto header = [&](const std::string& more) {
    return R"({"alg":"ES256","typ":"dpop+jwt")" + more + "}";
  };
  const std::string own = R"(,"jwk":)" + key.public_jwk();
  const std::string token = signed_with(key, header(own));
  CHECK_FALSE(parse_compact(token));
  const auto keyed = parse_keyed(token);
  REQUIRE(keyed);
  CHECK(keyed->jws.typ == "dpop+jwt");
  const SigningKey named = public_key(keyed->jwk);
  CHECK(named.kid() == key.kid());
  CHECK(verify(keyed->jws, named));
  for (const std::string& more :
       {std::string(), std::string(R"(,"jwk":"text")"), std::string(R"(,"jwk":null)"),
        own + R"(,"crit":["exp"])", own + R"(,"jku":"https://evil.example")", own + R"(,"x5c":[])",
        own + own}) {
    CAPTURE(more);
    CHECK_FALSE(parse_keyed(signed_with(key, header(more))));
  }
  CHECK_FALSE(parse_keyed(token, token.size() - 1));
}
