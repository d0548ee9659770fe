#include "crypto/jose/public_jwk.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/jose/signing_key.h"

using namespace authd;
using namespace authd::crypto;

namespace {

constexpr std::string_view kModulus =
    "zghyI49snCwZPUwWtoGnrXggzFt7dtYxxHAjus4kRI4zFKCjrmq624xiPL3rKpf2-dUQ0Bl-BXvkp1iN8qzPm_u883EX"
    "U3zj_NvrsK-7gKMzTHfuZp1D9sh2rsojdZH0Y1nDJm7Q9TKDgJbuQFAbuymdKGp9CdftoYkl8ntUEJVG1QbguDt6QxZs"
    "FMIdFWBYzSRKS7mGMpc_89aDb86yLLX-4qLwWpc5s40ke51efrt73aes_JBTYJr-hET2Cjknwvlper4-9q1hMUonNvnD"
    "W2DEIhAg3dc3Z9pV26rjqyWC3aKqeuSqaP8enSnMif3Y4Xwe16jcE9QScrA7oaHbyQ";

// Made as in CVE-2017-15361, from two primes k·M + (65537^a mod M) of 1024 bits.
constexpr std::string_view kRocaModulus =
    "8QVO2biA74Q6hwZtmkR1-_NvuTX1_kOJrxmirx0zYoCzm7YDzPdVrI08LH_FUuqluEQt6XBWo_TfFAh0DeJcToXYg4wd"
    "m3ZvWbDss31TZw4c_Ls_fc6-_P_YM-V07PolWrsB6eyr99EUodNfow8hXCjbMWp3QMLHBvJksKvQ3XWx9YZ2L4ibjw3H"
    "6rhNUD2TkYgqv-ydFqfSx_5GZ3dhdFwKbEHVn-4V7bJ-TXAZWuQ7cuvJVXAIvoQc9gEoRTxvNP2zlT1w-wmmTWJbO8uQ"
    "NfV2K3VGKTV1FAFB1_XazDGHvsBD5vgOz85al32PrhZ08OSVoEdQ7AzeBe-iWE_6zw";

constexpr std::string_view kEd25519 = "F_-tgGjcDemTXTZjbzrRtd5t40E7EjiORTsF8qTB09s";

bool takes(std::string_view jwk) {
  return parse_public_jwk(jwk).has_value();
}

bool takes_rsa(std::string_view n, std::string_view e) {
  JsonWriter json;
  json.begin_object().field("kty", "RSA").field("n", n).field("e", e).end_object();
  return takes(json.text());
}

bool takes_modulus(std::string_view bytes) {
  return takes_rsa(base64url_encode(bytes), "AQAB");
}

bool takes_exponent(std::string_view bytes) {
  return takes_rsa(kModulus, base64url_encode(bytes));
}

bool takes_ed25519(std::string_view x) {
  JsonWriter json;
  json.begin_object().field("kty", "OKP").field("crv", "Ed25519").field("x", x).end_object();
  return takes(json.text());
}

bool takes_p256(std::string_view x, std::string_view y) {
  JsonWriter json;
  json.begin_object().field("kty", "EC").field("crv", "P-256").field("x", x).field("y", y);
  json.end_object();
  return takes(json.text());
}

// A good Ed25519 key with more members, given as JSON.
bool takes_with(std::string_view members) {
  return takes(R"({"kty":"OKP","crv":"Ed25519","x":")" + std::string(kEd25519) + "\"," +
               std::string(members) + "}");
}

}  // namespace

TEST_CASE("an RSA key whose exponent signs for everybody, or is even or huge, is refused") {
  using namespace std::string_view_literals;
  for (const std::string_view good :
       {"\3"sv, "\21"sv, "\1\0\1"sv, "\0\1\0\1"sv, "\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
    CHECK(takes_exponent(good));
  }
  for (const std::string_view bad :
       {"\0"sv, "\1"sv, "\0\1"sv, "\2"sv, "\4"sv, "\1\0\0"sv, "\1\0\0\0\0\0\0\0\1"sv}) {
    CAPTURE(base64url_encode(bad));
    CHECK_FALSE(takes_exponent(bad));
  }
  CHECK_FALSE(takes_rsa(kModulus, ""));
  CHECK_FALSE(takes_rsa(kModulus, kModulus));
}

TEST_CASE("an RSA modulus is odd, of 2048 to 8192 bits, and not of the ROCA generator") {
  const std::string good = *base64url_decode(kModulus);
  REQUIRE(takes_modulus(good));
  CHECK(takes_modulus('\0' + good));
  std::string even = good;
  even.back() = static_cast<char>(even.back() & ~1);
  CHECK_FALSE(takes_modulus(even));
  std::string of_2047_bits = good;
  of_2047_bits.front() = '\x7f';
  CHECK_FALSE(takes_modulus(of_2047_bits));
  CHECK_FALSE(takes_modulus('\0' + of_2047_bits));
  CHECK_FALSE(takes_modulus(good.substr(128)));
  const std::string of_8192_bits = good + good + good + good;
  CHECK(takes_modulus(of_8192_bits));
  CHECK_FALSE(takes_modulus('\1' + of_8192_bits));
  CHECK_FALSE(takes_modulus(""));
  CHECK_FALSE(takes_rsa(kRocaModulus, "AQAB"));
}

TEST_CASE("an Ed25519 point of small order is refused, in every form, and so is a mixed one") {
  CHECK(takes_ed25519(kEd25519));
  for (const char* small : {"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  // order 1
                            "7P_______________________________________38",  // 2
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  // 4
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
                            "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",  // 8
                            "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA_o",
                            "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
                            "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_IU",
                            // The same with a sign that zero does not have, and y not below p.
                            "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
                            "7P________________________________________8",
                            "7f_______________________________________38",
                            "7f________________________________________8",
                            "7v_______________________________________38",
                            "7v________________________________________8"}) {
    CAPTURE(small);
    CHECK_FALSE(takes_ed25519(small));
  }
  CHECK_FALSE(
      takes_ed25519("1jwBIjFHVB304XB2Pp4niKi_WXH1KpPFgp2-b1_2u6k"));  // kEd25519 plus order 8
  CHECK_FALSE(takes_ed25519("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));  // no point has y = 2
  CHECK_FALSE(takes_ed25519(std::string(kEd25519) + "AAAA"));
}

TEST_CASE("an EC key is a point of P-256") {
  const std::string zero(43, 'A');
  const std::string_view p = "_____wAAAAEAAAAAAAAAAAAAAAD_______________8";
  const std::string_view root_of_b = "ZkhceA4vg9ckM71dhKBrtlQcKvMdrocXKL-FahdPk_Q";  // y for x = 0
  CHECK(takes_p256(zero, root_of_b));
  CHECK_FALSE(takes_p256(root_of_b, zero));
  CHECK_FALSE(takes_p256(p, root_of_b));  // x = p would be the same point again
  CHECK_FALSE(takes_p256(zero, zero));
  CHECK_FALSE(takes_p256(zero.substr(4), root_of_b));
  CHECK_FALSE(takes_p256("AAAA" + zero, root_of_b));
}

TEST_CASE("a key that says that it is for something else is refused") {
  for (const char* good :
       {R"("use":"sig")", R"("use":null)", R"("key_ops":["verify"])",
        R"("key_ops":["sign","verify"])", R"("key_ops":["verify","wrapKey"])",
        R"("use":"sig","key_ops":["verify"])", R"("alg":"EdDSA","use":"sig","key_ops":["verify"])",
        R"("key_ops":null)", R"("kid":7,"x5c":{})"}) {
    CAPTURE(good);
    CHECK(takes_with(good));
  }
  for (const char* bad : {R"("use":"enc")",
                          R"("use":"")",
                          R"("use":"SIG")",
                          R"("use":["sig"])",
                          R"("key_ops":["encrypt"])",
                          R"("key_ops":["sign"])",
                          R"("key_ops":[])",
                          R"("key_ops":"verify")",
                          R"("key_ops":["Verify"])",
                          R"("key_ops":["verify",1])",
                          R"("key_ops":["verify","verify"])",
                          R"("use":"enc","key_ops":["verify"])",
                          R"("use":"sig","key_ops":["verify","encrypt"])",
                          R"("use":"sig","key_ops":["encrypt"])",
                          R"("alg":"ES256")",
                          R"("alg":"HS256")",
                          R"("alg":"none")",
                          R"("alg":"")",
                          R"("alg":1)",
                          R"("d":"AAAA")",
                          R"("d":null)"}) {
    CAPTURE(bad);
    CHECK_FALSE(takes_with(bad));
  }
}

TEST_CASE("our own keys pass, of whatever algorithm") {
  SystemRandom random;
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256}) {
    const auto key = SigningKey::generate(algorithm, random);
    REQUIRE(key);
    const auto found = parse_public_jwk(key->public_jwk());
    REQUIRE(found);
    CHECK(found->algorithms.front() == algorithm);
  }
}
