#include "crypto/webauthn/cose_key.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::crypto;
using test::CredentialKey;
namespace cbor = authd::test::cbor;

namespace {

const std::vector<CredentialKey>& keys() {
  static const std::vector<CredentialKey> all = [] {
    std::vector<CredentialKey> made;
    for (const CoseAlgorithm& row : kCoseAlgorithms)
      made.emplace_back(row.algorithm);
    return made;
  }();
  return all;
}

const CredentialKey& key_of(Algorithm algorithm) {
  for (const CredentialKey& key : keys()) {
    if (key.algorithm() == algorithm) return key;
  }
  std::abort();
}

std::optional<WebauthnRefusal> refusal_of(const std::string& bytes) {
  const auto key = CoseKey::parse(bytes);
  return key ? std::nullopt : std::optional(key.error());
}

// The members with that one replaced or, at the end, added.
std::string with(cbor::Members members, int64_t label, const std::string& value) {
  for (auto& [name, old] : members) {
    if (name != cbor::integer(label)) continue;
    old = value;
    return cbor::map(members);
  }
  members.emplace_back(cbor::integer(label), value);
  return cbor::map(members);
}

std::string without(const cbor::Members& members, int64_t label) {
  cbor::Members left;
  for (const auto& member : members) {
    if (member.first != cbor::integer(label)) left.push_back(member);
  }
  return cbor::map(left);
}

cbor::Members ec() {
  return key_of(Algorithm::es256).cose_members();
}
cbor::Members okp() {
  return key_of(Algorithm::eddsa).cose_members();
}
cbor::Members rsa() {
  return key_of(Algorithm::rs256).cose_members();
}

}  // namespace

TEST_CASE("a key of each algorithm verifies what its owner has signed") {
  for (const CredentialKey& owner : keys()) {
    CAPTURE(name(owner.algorithm()));
    const auto key = CoseKey::parse(owner.cose());
    REQUIRE(key);
    CHECK(key->algorithm() == owner.algorithm());
    CHECK(key->cose_algorithm() == owner.cose_algorithm());
    CHECK(key->bytes() == owner.cose());
    std::string signature = owner.sign("text");
    CHECK(key->verify("text", signature));
    CHECK_FALSE(key->verify("another text", signature));
    CHECK_FALSE(key->verify("text", ""));
    CHECK_FALSE(key->verify("text", signature + '\0'));
    signature.back() = static_cast<char>(signature.back() ^ 1);
    CHECK_FALSE(key->verify("text", signature));
  }
}

TEST_CASE("a key may be followed by something else, if that is expected") {
  const std::string cose = key_of(Algorithm::es256).cose();
  CHECK(refusal_of(cose + '\0') == WebauthnRefusal::malformed_key);
  const auto key = CoseKey::parse_front(cose + "extensions");
  REQUIRE(key);
  CHECK(key->bytes() == cose);
}

TEST_CASE("every member of a key must be there, and be of its type") {
  for (const CredentialKey& owner : keys()) {
    for (const auto& [label, value] : owner.cose_members()) {
      CAPTURE(name(owner.algorithm()), hex_encode(label));
      for (const int64_t number : {1, 3, -1, -2, -3}) {
        if (cbor::integer(number) != label) continue;
        CHECK(refusal_of(without(owner.cose_members(), number)) == WebauthnRefusal::malformed_key);
        CHECK(refusal_of(with(owner.cose_members(), number, cbor::text("x"))) ==
              WebauthnRefusal::malformed_key);
        CHECK(refusal_of(with(owner.cose_members(), number, cbor::bytes(""))) ==
              WebauthnRefusal::malformed_key);
      }
    }
  }
  CHECK(refusal_of(cbor::array({})) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of("") == WebauthnRefusal::malformed_key);
}

TEST_CASE("a key with its private part is refused") {
  CHECK(refusal_of(with(ec(), -4, cbor::bytes(std::string(32, 'd')))) ==
        WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(okp(), -4, cbor::bytes(std::string(32, 'd')))) ==
        WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(rsa(), -3, cbor::bytes(std::string(256, 'd')))) ==
        WebauthnRefusal::malformed_key);
}

// Web Authentication section 6.5.1.1: no optional member besides alg.
TEST_CASE("a key with an optional member is refused") {
  cbor::Members members = ec();
  members.insert(members.begin() + 1, {cbor::integer(2), cbor::bytes("kid")});
  CHECK(refusal_of(cbor::map(members)) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), -5, cbor::integer(1))) == WebauthnRefusal::malformed_key);
}

TEST_CASE("an algorithm that is not offered is not accepted") {
  // ES384, ES512, PS256, RS1, EdDSA and ES256 by their later names, ES256K, ML-DSA-65.
  for (const int64_t id : {-35, -36, -37, -65535, -19, -9, -47, -49, 7, 0}) {
    CAPTURE(id);
    CHECK(refusal_of(with(ec(), 3, cbor::integer(id))) == WebauthnRefusal::algorithm_not_accepted);
  }
}

TEST_CASE("a key of one type does not pass for another algorithm") {
  CHECK(refusal_of(with(ec(), 3, cbor::integer(-8))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), 3, cbor::integer(-257))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(okp(), 3, cbor::integer(-7))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), 1, cbor::integer(1))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(okp(), 1, cbor::integer(2))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(rsa(), 1, cbor::integer(2))) == WebauthnRefusal::malformed_key);
}

TEST_CASE("a key on another curve, or compressed, is refused") {
  CHECK(refusal_of(with(ec(), -1, cbor::integer(2))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), -1, cbor::integer(8))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(okp(), -1, cbor::integer(7))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), -3, cbor::boolean(true))) == WebauthnRefusal::malformed_key);
}

TEST_CASE("a coordinate has its full length") {
  const std::string x = key_of(Algorithm::es256).member("x");
  CHECK(refusal_of(with(ec(), -2, cbor::bytes(x.substr(1)))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(ec(), -2, cbor::bytes('\0' + x))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(okp(), -2, cbor::bytes(std::string(33, 'x')))) ==
        WebauthnRefusal::malformed_key);
}

TEST_CASE("a point off the curve or of small order is unsafe") {
  std::string y = key_of(Algorithm::es256).member("y");
  y[5] = static_cast<char>(y[5] ^ 1);
  CHECK(refusal_of(with(ec(), -3, cbor::bytes(y))) == WebauthnRefusal::unsafe_key);
  CHECK(refusal_of(with(ec(), -2, cbor::bytes(std::string(32, '\xff')))) ==
        WebauthnRefusal::unsafe_key);
  const std::string small = '\1' + std::string(31, '\0');
  CHECK(refusal_of(with(okp(), -2, cbor::bytes(small))) == WebauthnRefusal::unsafe_key);
}

TEST_CASE("an RSA key has at least 2048 bits and the exponent 65537") {
  const std::string n = key_of(Algorithm::rs256).member("n");
  std::string odd = n.substr(0, 128);
  odd.back() |= 1;
  CHECK(refusal_of(with(rsa(), -1, cbor::bytes(odd))) == WebauthnRefusal::unsafe_key);
  for (const char* e : {"03", "11", "010003", "0100000001"}) {
    CAPTURE(e);
    CHECK(refusal_of(with(rsa(), -2, cbor::bytes(hex_decode(e).value()))) ==
          WebauthnRefusal::unsafe_key);
  }
  CHECK(refusal_of(with(rsa(), -1, cbor::bytes('\0' + n))) == WebauthnRefusal::malformed_key);
  CHECK(refusal_of(with(rsa(), -2, cbor::bytes(hex_decode("00010001").value()))) ==
        WebauthnRefusal::malformed_key);
}

TEST_CASE("a key in another order is refused") {
  cbor::Members members = ec();
  std::swap(members[0], members[1]);
  CHECK(refusal_of(cbor::map(members)) == WebauthnRefusal::malformed_key);
}

TEST_CASE("a signature in DER has one form") {
  const std::string r(32, '\x11');
  const std::string s = "\x22" + std::string(31, '\x01');
  const std::string good = test::der_of(r + s);
  CHECK(raw_from_strict_der(good) == r + s);
  // A tail, also within the sequence.
  CHECK(raw_from_strict_der(good + '\0').empty());
  std::string inner = good + '\0';
  inner[1] = static_cast<char>(inner[1] + 1);
  CHECK(raw_from_strict_der(inner).empty());
  // The length in a longer form than needed.
  CHECK(raw_from_strict_der("\x30\x81" + good.substr(1)).empty());
  // A zero that is not needed, and a negative number.
  const auto integer = [](const std::string& bytes) {
    return "\x02" + std::string(1, static_cast<char>(bytes.size())) + bytes;
  };
  const auto sequence = [](const std::string& body) {
    return "\x30" + std::string(1, static_cast<char>(body.size())) + body;
  };
  CHECK(raw_from_strict_der(sequence(integer(r) + integer(s))) == r + s);
  CHECK(raw_from_strict_der(sequence(integer('\0' + r) + integer(s))).empty());
  CHECK(raw_from_strict_der(sequence(integer("\x80" + r.substr(1)) + integer(s))).empty());
  CHECK(raw_from_strict_der(sequence(integer("") + integer(s))).empty());
  CHECK(raw_from_strict_der(sequence(integer(r) + integer(std::string(33, '\x01')))).empty());
  CHECK(raw_from_strict_der(sequence(integer(r))).empty());
  CHECK(raw_from_strict_der(sequence(integer(r) + integer(s) + integer(s))).empty());
  CHECK(raw_from_strict_der(r + s).empty());
  // Short numbers are padded.
  CHECK(raw_from_strict_der(sequence(integer("\x05") + integer("\x06"))) ==
        std::string(31, '\0') + '\x05' + std::string(31, '\0') + '\x06');
  for (size_t size = 0; size < good.size(); ++size)
    CHECK(raw_from_strict_der(good.substr(0, size)).empty());
}

TEST_CASE("a right signature of ES256 in another form is refused") {
  const CredentialKey& owner = key_of(Algorithm::es256);
  const auto key = CoseKey::parse(owner.cose());
  REQUIRE(key);
  const std::string der = owner.sign("text");
  REQUIRE(key->verify("text", der));
  CHECK_FALSE(key->verify("text", der + "tail"));
  CHECK_FALSE(key->verify("text", raw_from_strict_der(der)));
  CHECK_FALSE(key->verify("text", "\x30\x81" + der.substr(1)));
}
