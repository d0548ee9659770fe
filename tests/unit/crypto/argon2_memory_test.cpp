#include "crypto/passwords/argon2_memory.h"

#include <catch2/catch.hpp>

#include "crypto/passwords/password_hash.h"

using namespace authd;
using namespace authd::crypto;

namespace {

// Vectors of the reference implementation's test, of different sizes.
constexpr std::string_view kSmall =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
constexpr std::string_view kBig =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
// argon2-cffi's, of 100 MiB: more than is kept.
constexpr std::string_view kHuge =
    "$argon2id$v=19$m=102400,t=2,p=8$TNME1/qNowIzc3016c6CvQ$4Av03wyA86Bf6+WqqAyJgw";

bool matches(std::string_view password, std::string_view stored) {
  return verify_password(Password(std::string(password)), stored) == Verdict::match;
}

}  // namespace

TEST_CASE("hashes in memory that others have written come out right") {
  Argon2Memory memory;
  for (int i = 0; i < 3; ++i) {
    CHECK(matches("password", kSmall));
    CHECK(matches("password", kBig));
    CHECK_FALSE(matches("passwore", kBig));
    CHECK(matches("correct horse ß", kHuge));
  }
  memory.release();
  CHECK(matches("password", kSmall));
}

TEST_CASE("the memory is kept until it is released, and not beyond the limit") {
  REQUIRE(Argon2Memory::is_linked());
  Argon2Memory memory;
  CHECK(memory.kept_bytes() == 0);
  CHECK(matches("password", kSmall));
  const size_t small = memory.kept_bytes();
  CHECK(small >= 256 * 1024);
  CHECK(matches("password", kSmall));
  CHECK(memory.kept_bytes() == small);
  CHECK(matches("correct horse ß", kHuge));
  CHECK(memory.kept_bytes() <= Argon2Memory::kMaxKept);
  memory.release();
  CHECK(memory.kept_bytes() == 0);
}

TEST_CASE("a thread without an Argon2Memory can hash too") {
  CHECK(matches("password", kSmall));
}
