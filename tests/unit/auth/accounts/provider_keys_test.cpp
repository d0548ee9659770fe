#include <catch2/catch.hpp>

#include "auth/accounts/names/providers.h"

using namespace authd;

namespace {

// How many keys are taken of a set with this one.
size_t taken(std::string_view members) {
  return auth::parse_key_set(R"({"keys":[{"kid":"1",)" + std::string(members) + "}]}").size();
}

constexpr std::string_view kGood =
    R"("kty":"OKP","crv":"Ed25519","x":"F_-tgGjcDemTXTZjbzrRtd5t40E7EjiORTsF8qTB09s")";

}  // namespace

TEST_CASE("what a provider's key says that it is for reaches the check of the key") {
  CHECK(taken(kGood) == 1);
  CHECK(taken(std::string(kGood) + R"(,"key_ops":["verify"],"alg":"EdDSA","use":"sig")") == 1);
  for (const char* member : {R"("key_ops":["encrypt"])", R"("key_ops":"verify")", R"("use":"enc")",
                             R"("use":7)", R"("alg":"RS256")", R"("d":"AAAA")"}) {
    CAPTURE(member);
    CHECK(taken(std::string(kGood) + "," + member) == 0);
  }
  CHECK(taken(R"("kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")") ==
        0);
}

TEST_CASE("a weak key does not take the good ones of its set along") {
  const auto keys = auth::parse_key_set(
      R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQ"},{"kid":"good",)" + std::string(kGood) + "}]}");
  REQUIRE(keys.size() == 1);
  CHECK(keys.front().kid == "good");
}
