#include "crypto/totp.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::crypto;

namespace {

SecretKey rfc_secret() {
  return SecretKey("12345678901234567890");
}

Time at(int64_t seconds) {
  return from_unix_seconds(seconds);
}

}  // namespace

TEST_CASE("codes are those of RFC 4226 appendix D") {
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (uint64_t counter = 0; counter < 10; ++counter)
    CHECK(totp_code(rfc_secret(), counter) == codes[counter]);
}

TEST_CASE("codes are those of RFC 6238 appendix B, cut to six digits") {
  CHECK(totp_code(rfc_secret(), totp_step(at(59))) == "287082");
  CHECK(totp_code(rfc_secret(), totp_step(at(1111111109))) == "081804");
  CHECK(totp_code(rfc_secret(), totp_step(at(1234567890))) == "005924");
  CHECK(totp_code(rfc_secret(), totp_step(at(20000000000))) == "353130");
}

TEST_CASE("a code is valid one step early and one step late, and never twice") {
  const SecretKey secret = rfc_secret();
  const Time now = at(1'000'000'005);
  const uint64_t step = totp_step(now);
  for (const uint64_t good : {step - 1, step, step + 1})
    CHECK(match_totp(secret, totp_code(secret, good), now, 0) == good);
  for (const uint64_t bad : {step - 2, step + 2})
    CHECK_FALSE(match_totp(secret, totp_code(secret, bad), now, 0));
  CHECK_FALSE(match_totp(secret, totp_code(secret, step), now, step));
  CHECK_FALSE(match_totp(secret, totp_code(secret, step - 1), now, step));
  CHECK(match_totp(secret, totp_code(secret, step + 1), now, step) == step + 1);
  for (const char* text : {"", "1", "28708", "2870822", "abcdef"})
    CHECK_FALSE(match_totp(secret, text, at(59), 0));
}

TEST_CASE("the URI names issuer and account, encoded") {
  CHECK(totp_uri(rfc_secret(), "Größe & Co", "ann@example.org") ==
        "otpauth://totp/Gr%C3%B6%C3%9Fe%20%26%20Co:ann%40example.org"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gr%C3%B6%C3%9Fe%20%26%20Co"
        "&algorithm=SHA1&digits=6&period=30");
  // A colon separates the issuer from the account, so neither has one.
  CHECK(totp_uri(SecretKey("12345678901234567890"), "Acme: Shop", "a:b")
            .starts_with("otpauth://totp/Acme%20%20Shop:a%20b?"));
}
