#include "crypto/webauthn/attestation.h"

#include <catch2/catch.hpp>

#include "crypto/webauthn/cose_key.h"
#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::crypto;
using namespace authd::test;
namespace cbor = authd::test::cbor;

namespace {

using Members = cbor::Members;

Members members(const std::string& format, const Members& statement) {
  return {{cbor::text("fmt"), cbor::text(format)},
          {cbor::text("attStmt"), cbor::map(statement)},
          {cbor::text("authData"), cbor::bytes("data")}};
}

bool is_malformed(const std::string& bytes) {
  const auto read = parse_attestation(bytes);
  return !read && read.error() == WebauthnRefusal::malformed_attestation;
}

const Members kSelf = {{cbor::text("alg"), cbor::integer(-7)},
                       {cbor::text("sig"), cbor::bytes("signature")}};

}  // namespace

TEST_CASE("an attestation object has its three members and nothing else") {
  const Members good = members("none", {});
  const auto read = parse_attestation(cbor::map(good));
  REQUIRE(read);
  CHECK(read->format == AttestationFormat::none);
  CHECK(read->authenticator_data == "data");
  for (size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    Members fewer = good;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    CHECK(is_malformed(cbor::map(fewer)));
    fewer = good;
    fewer[i].second = cbor::integer(1);
    CHECK(is_malformed(cbor::map(fewer)));
  }
  Members more = good;
  more.emplace_back(cbor::text("epAtt000000"), cbor::boolean(true));
  CHECK(is_malformed(cbor::map(more)));
  CHECK(is_malformed(cbor::map(good) + '\0'));
  CHECK(is_malformed(""));
  CHECK(is_malformed(cbor::array({})));
}

TEST_CASE("an attestation object is canonical CBOR") {
  Members swapped = members("none", {});
  std::swap(swapped[0], swapped[2]);
  CHECK(is_malformed(cbor::map(swapped)));
  Members twice = members("none", {});
  twice.insert(twice.begin(), twice.front());
  CHECK(is_malformed(cbor::map(twice)));
}

TEST_CASE("the statement of the format none is empty") {
  CHECK(is_malformed(cbor::map(members("none", kSelf))));
}

TEST_CASE("the statement of packed self attestation has alg and sig, and nothing else") {
  const auto read = parse_attestation(cbor::map(members("packed", kSelf)));
  REQUIRE(read);
  CHECK(read->format == AttestationFormat::packed);
  CHECK(read->algorithm == -7);
  CHECK(read->signature == "signature");
  CHECK(is_malformed(cbor::map(members("packed", {}))));
  CHECK(is_malformed(cbor::map(members("packed", {kSelf[0]}))));
  CHECK(is_malformed(cbor::map(members("packed", {kSelf[1]}))));
  Members more = kSelf;
  more.emplace_back(cbor::text("ver"), cbor::text("1"));
  CHECK(is_malformed(cbor::map(members("packed", more))));
  CHECK(is_malformed(
      cbor::map(members("packed", {kSelf[0], {cbor::text("sig"), cbor::text("signature")}}))));
  CHECK(is_malformed(
      cbor::map(members("packed", {{cbor::text("alg"), cbor::text("ES256")}, kSelf[1]}))));
}

TEST_CASE("other formats, and packed with certificates, are not accepted") {
  const CredentialKey owner(Algorithm::es256);
  const auto key = CoseKey::parse(owner.cose());
  REQUIRE(key);
  const auto refused = [&](const std::string& format, const Members& statement) {
    const auto read = parse_attestation(cbor::map(members(format, statement)));
    REQUIRE(read);
    return refusal_of(*read, *key, "{}") == WebauthnRefusal::attestation_not_accepted;
  };
  for (const char* format : {"tpm", "android-key", "android-safetynet", "fido-u2f", "apple",
                             "compound", "Packed", "None", "", "x"}) {
    CAPTURE(format);
    CHECK(refused(format, kSelf));
    CHECK(refused(format, {}));
  }
  Members full = kSelf;
  full.emplace_back(cbor::text("x5c"), cbor::array({cbor::bytes("certificate")}));
  CHECK(refused("packed", full));
  Members ecdaa = kSelf;
  ecdaa.emplace_back(cbor::text("ecdaaKeyId"), cbor::bytes("id"));
  CHECK(refused("packed", ecdaa));
}

TEST_CASE("every reason of a refusal has a name and words of its own") {
  std::vector<std::string_view> texts;
  for (size_t i = 0; i < kWebauthnRefusals; ++i) {
    texts.push_back(name(static_cast<WebauthnRefusal>(i)));
    texts.push_back(words(static_cast<WebauthnRefusal>(i)));
  }
  CHECK(std::none_of(texts.begin(), texts.end(), [](auto text) { return text.empty(); }));
  std::sort(texts.begin(), texts.end());
  CHECK(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
  CHECK(words(WebauthnRefusal::clone_suspected).find("counter") == 0);
  CHECK(name(WebauthnRefusal::clone_suspected) == "clone_suspected");
}
