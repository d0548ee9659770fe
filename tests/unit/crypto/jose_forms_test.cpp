// Keys and tokens that are nearly well-formed. What two readers could understand differently is
// refused, even if the signature over it is good.
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/jose/jwt.h"
#include "crypto/jose/public_jwk.h"
#include "signature_vectors.h"

using namespace authd;
using namespace authd::crypto;
using namespace authd::test;

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;  // values as JSON

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string object_of(const Members& members) {
  std::string json;
  for (const auto& [name, value] : members)
    json += (json.empty() ? "{" : ",") + quoted(name) + ":" + value;
  return json + "}";
}

// With another value for a member; an empty one leaves it out.
Members with(Members members, const std::string& name, const std::string& value) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
  if (!value.empty()) members.emplace_back(name, value);
  return members;
}

const Members kEc = {{"kty", quoted("EC")},
                     {"crv", quoted("P-256")},
                     {"x", quoted(kSmall[0].x)},
                     {"y", quoted(kSmall[0].y)}};
const Members kOkp = {
    {"kty", quoted("OKP")}, {"crv", quoted("Ed25519")}, {"x", quoted(kEd25519Vector.x)}};
const Members kRsa = {{"kty", quoted("RSA")}, {"n", quoted(kRsaModulus)}, {"e", quoted("AQAB")}};

bool takes(const Members& members) {
  return parse_public_jwk(object_of(members)).has_value();
}

// The next character of the alphabet of base64url: another value of the same bits, or, at the end
// of a text, bits that belong to no byte.
char next_letter(char c) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[(alphabet.find(c) + 1) % alphabet.size()];
}

std::string with_loose_end(std::string text) {
  REQUIRE(text.size() % 4 != 0);
  text.back() = next_letter(text.back());
  return text;
}

// Forms of base64url that are not the one of RFC 7515 section 2.
std::vector<std::string> other_forms(const std::string& text) {
  const std::string start = text.substr(0, 4);
  const std::string rest = text.substr(4);
  return {text + "=",
          text + "==",
          "=" + text,
          text + " ",
          " " + text,
          start + "\\n" + rest,
          start + "+" + rest.substr(1),
          start + "/" + rest.substr(1),
          start + "." + rest.substr(1),
          start + "%2B" + rest,
          start + "é" + rest,
          with_loose_end(text)};
}

}  // namespace

TEST_CASE("a member of a key that is there twice is refused, also in another spelling") {
  for (const Members& good : {kEc, kOkp, kRsa}) {
    REQUIRE(takes(good));
    for (const auto& [name, value] : good) {
      CAPTURE(name);
      Members twice = good;
      twice.emplace_back(name, value);
      CHECK_FALSE(takes(twice));
      twice.back().second = quoted("other");
      CHECK_FALSE(takes(twice));
      // "\u006b" is "k".
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(name[0]));
      twice.back() = {escaped + name.substr(1), value};
      CHECK_FALSE(takes(twice));
    }
    for (const char* name : {"alg", "use", "key_ops", "kid"}) {
      Members twice = good;
      twice.emplace_back(name, "null");
      REQUIRE(takes(twice));
      twice.emplace_back(name, "null");
      CHECK_FALSE(takes(twice));
    }
  }
}

TEST_CASE("the numbers of a key are base64url without padding, and nothing else") {
  const auto check = [](const Members& good, const char* name, const std::string& text) {
    for (const std::string& other : other_forms(text)) {
      CAPTURE(name, other);
      CHECK_FALSE(takes(with(good, name, quoted(other))));
    }
    for (const char* other : {"", "null", "7", "true", "\"\"", "{}", "[]"}) {
      CAPTURE(name, other);
      CHECK_FALSE(takes(with(good, name, other)));
    }
    CHECK_FALSE(takes(with(good, name, "[" + quoted(text) + "]")));
  };
  check(kEc, "x", kSmall[0].x);
  check(kEc, "y", kSmall[0].y);
  check(kOkp, "x", kEd25519Vector.x);
  check(kRsa, "n", kRsaModulus);
  for (const char* e : {"AQAB=", "AQAB==", "AQA", "AQ AB", "+QAB", "", "AQ", "65537", "AAAA"})
    CHECK_FALSE(takes(with(kRsa, "e", quoted(e))));
  CHECK_FALSE(takes(with(kRsa, "e", "65537")));
}

TEST_CASE("a point has two coordinates of the curve's length, and is on the curve that it names") {
  const std::string x = base64url_decode(kSmall[0].x).value();
  const std::string y = base64url_decode(kSmall[0].y).value();
  const auto is_point = [](const std::string& a, const std::string& b) {
    return takes(
        with(with(kEc, "x", quoted(base64url_encode(a))), "y", quoted(base64url_encode(b))));
  };
  REQUIRE(is_point(x, y));
  std::string off = y;
  off.back() = static_cast<char>(off.back() ^ 1);
  const std::string zero(32, '\0');
  const std::string most(32, '\xff');
  CHECK_FALSE(is_point(x, off));
  CHECK_FALSE(is_point(y, x));
  CHECK_FALSE(is_point(base64url_decode(kNoPoint).value(), y));
  CHECK_FALSE(is_point(zero, zero));
  CHECK_FALSE(is_point(most, most));
  CHECK_FALSE(is_point(x, zero));
  CHECK_FALSE(is_point('\0' + x, y));
  CHECK_FALSE(is_point('\0' + x, '\0' + y));
  CHECK_FALSE(is_point(x.substr(1), y));
  CHECK_FALSE(is_point(x, y.substr(0, 31)));
  CHECK_FALSE(is_point(x + y, ""));
  CHECK_FALSE(is_point('\2' + x, y));
  for (const char* curve : {"P-384", "P-521", "P-256K", "secp256k1", "p-256", "P256", "prime256v1",
                            "secp256r1", "Ed25519", "X25519", ""}) {
    CAPTURE(curve);
    CHECK_FALSE(takes(with(kEc, "crv", quoted(curve))));
  }
  for (const CurveVector& one : kSmall) {
    for (const CurveVector& other : kSmall) {
      const Members key = {{"kty", quoted("EC")},
                           {"crv", quoted(other.curve)},
                           {"x", quoted(one.x)},
                           {"y", quoted(one.y)}};
      CHECK(takes(key) == (std::string_view(one.curve) == other.curve));
    }
  }
}

TEST_CASE("a key is of the type that it names") {
  for (const Members& good : {kEc, kOkp, kRsa}) {
    for (const char* type : {"ec", "rsa", "okp", "oct", "EC ", "EC2", "", "AKP", "DSA"}) {
      CAPTURE(type);
      CHECK_FALSE(takes(with(good, "kty", quoted(type))));
    }
    CHECK_FALSE(takes(with(good, "kty", "")));
    CHECK_FALSE(takes(with(good, "kty", "null")));
  }
  CHECK_FALSE(takes({{"kty", quoted("oct")}, {"k", quoted(kSmall[0].x)}}));
  CHECK_FALSE(takes(with(kOkp, "kty", quoted("EC"))));
  CHECK_FALSE(takes(with(kEc, "kty", quoted("OKP"))));
  for (const char* curve : {"Ed448", "X25519", "X448", "ed25519", "P-256", ""})
    CHECK_FALSE(takes(with(kOkp, "crv", quoted(curve))));
  const std::string x = base64url_decode(kEd25519Vector.x).value();
  for (const std::string& other : {x.substr(1), x.substr(0, 31), x + '\0', '\0' + x, x + x})
    CHECK_FALSE(takes(with(kOkp, "x", quoted(base64url_encode(other)))));
}

TEST_CASE("a key that gives its private half away is refused") {
  for (const Members& good : {kEc, kOkp, kRsa})
    CHECK_FALSE(takes(with(good, "d", quoted("AQAB"))));
  for (const char* name : {"p", "q", "dp", "dq", "qi"}) {
    CAPTURE(name);
    CHECK_FALSE(takes(with(kRsa, name, quoted("AQAB"))));
  }
  CHECK_FALSE(takes(with(kRsa, "oth", "[]")));
}

TEST_CASE("what is no object of JSON is no key") {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), "[" + object_of(kEc) + "]",
        object_of(kEc) + object_of(kEc), object_of(kEc) + ",", object_of(kEc) + "x",
        "\xef\xbb\xbfx" + object_of(kEc), object_of(kEc).substr(1),
        object_of(kEc).substr(0, object_of(kEc).size() - 1), quoted("EC")}) {
    CAPTURE(text);
    CHECK_FALSE(parse_public_jwk(text));
  }
}

namespace {

// Whatever stands before the last dot, with a good signature over it.
bool is_token(const SigningKey& key, const std::string& input) {
  const auto jws = parse_compact(input + "." + base64url_encode(key.sign(input).value()));
  return jws && verify(*jws, key);
}

}  // namespace

TEST_CASE("the parts of a token have one form, however well they are signed") {
  SystemRandom random;
  const SigningKey key = SigningKey::generate(Algorithm::eddsa, random).value();
  const std::string header = base64url_encode(R"({"alg":"EdDSA","kid":"a"})");
  const std::string payload = base64url_encode(R"({"sub":"123"})");
  REQUIRE(is_token(key, header + "." + payload));
  for (const std::string& other : other_forms(header)) {
    CAPTURE(other);
    CHECK_FALSE(is_token(key, other + "." + payload));
  }
  for (const std::string& other : other_forms(payload)) {
    CAPTURE(other);
    CHECK_FALSE(is_token(key, header + "." + other));
  }
  const std::string input = header + "." + payload;
  const std::string signature = base64url_encode(key.sign(input).value());
  for (const std::string& other : other_forms(signature)) {
    CAPTURE(other);
    CHECK_FALSE(parse_compact(input + "." + other));
  }
  // JWE has five parts; a detached payload (RFC 7515 appendix F) is no token of ours.
  for (const std::string& text :
       {input, input + ".", input + "..", input + "." + signature + ".", "." + input,
        input + "." + signature + "." + signature, header + ".." + signature,
        header + "." + payload + "." + payload + "." + payload + "." + signature,
        R"({"protected":")" + header + R"(","payload":")" + payload + R"(","signature":")" +
            signature + "\"}"}) {
    CAPTURE(text);
    const auto jws = parse_compact(text);
    CHECK_FALSE((jws && verify(*jws, key)));
  }
}

TEST_CASE("the header of a token is one object without a member twice, however well signed") {
  SystemRandom random;
  const SigningKey key = SigningKey::generate(Algorithm::eddsa, random).value();
  const auto takes_header = [&](const std::string& header) {
    return is_token(key, base64url_encode(header) + ".e30");
  };
  REQUIRE(takes_header(R"({"alg":"EdDSA"})"));
  REQUIRE(takes_header(R"( {"alg" : "EdDSA", "kid":"a", "other":{"alg":"none"}} )"));
  for (const char* header : {R"({"alg":"EdDSA","alg":"EdDSA"})",
                             R"({"alg":"none","alg":"EdDSA"})",
                             R"({"alg":"EdDSA","alg":"none"})",
                             R"({"alg":"EdDSA","\u0061lg":"none"})",
                             R"({"alg":"EdDSA","kid":"a","kid":"b"})",
                             R"({"alg":"EdDSA","typ":"a","typ":"a"})",
                             R"({"alg":"EdDSA","x":1,"x":1})",
                             R"({"alg":["EdDSA"]})",
                             R"({"alg":{"alg":"EdDSA"}})",
                             R"({"alg":null})",
                             R"({"ALG":"EdDSA"})",
                             R"({"alg":"EdDSA "})",
                             R"({"alg":"EdDSA","kid":7})",
                             R"({"alg":"EdDSA","typ":[]})",
                             R"([{"alg":"EdDSA"}])",
                             R"("EdDSA")",
                             "null",
                             "",
                             R"({"alg":"EdDSA"}{"alg":"EdDSA"})",
                             R"({"alg":"EdDSA"},)",
                             R"({"alg":"EdDSA",})",
                             R"({'alg':'EdDSA'})",
                             R"({"alg":"EdDSA"/**/})",
                             R"({"alg":"EdDSA")",
                             "{\"alg\":\"EdDSA\",\"kid\":\"\xff\"}",
                             "{\"alg\":\"EdDSA\",\"kid\":\"a\nb\"}"}) {
    CAPTURE(header);
    CHECK_FALSE(takes_header(header));
  }
}
