// Stored password hashes, which come with imports: an invalid one is refused without any work, and
// an accepted one is computed. The hashes computed here have the lowest costs; the unit tests check
// that higher costs are bounded.
#include "crypto/passwords/password_hash.h"

#include <array>

#include "crypto/passwords/hash_forms.h"
#include "target.h"

namespace authd::fuzz {
namespace {

// The input follows these, so it chooses neither the form nor the costs.
constexpr std::array<std::string_view, 13> kCheap = {
    "$argon2id$v=19$m=8,t=1,p=1$",
    "$argon2i$v=19$m=8,t=3,p=1$",
    "scrypt:2:1:1$",
    "pbkdf2:sha256:1$",
    "pbkdf2:sha1:1$",
    "$pbkdf2-sha256$1$",
    "$pbkdf2$1$",
    "pbkdf2_sha256$1$",
    "$2b$04$",
    "$2a$04$",
    "$5$rounds=1000$",
    "$6$rounds=1000$",
    "$y$j75$",
};

using crypto::Verdict;

void compute(const std::string& stored) {
  const bool is_supported = crypto::is_supported_hash(stored);
  const Verdict one = crypto::verify_password(Password("one"), stored);
  const Verdict two = crypto::verify_password(Password("two"), stored);
  if (!is_supported) CHECK(one == Verdict::unsupported && two == Verdict::unsupported);
  CHECK((one == Verdict::unsupported) == (two == Verdict::unsupported));
  CHECK(one != Verdict::match || two != Verdict::match);
  // A password with a NUL never matches its part before the NUL.
  CHECK(crypto::verify_password(Password(std::string("one\0", 4)), stored) != Verdict::match ||
        one != Verdict::match);
}

}  // namespace

void run(std::string_view input) {
  if (!crypto::is_supported_hash(input)) {
    CHECK(crypto::verify_password(Password("one"), input) == Verdict::unsupported);
  }
  Dice dice(input);
  const std::string_view cheap = kCheap[dice.byte() % kCheap.size()];
  const std::string_view rest = dice.rest();
  compute(std::string(cheap) + std::string(rest));
  CHECK(!crypto::needs_rehash("$argon2id$v=19$m=8,t=1,p=1$" + std::string(rest), {8 * 1024, 1}));
  const auto number = crypto::parse_decimal(rest, 10, 1000);
  CHECK(!number || (*number >= 10 && *number <= 1000));
}

}  // namespace authd::fuzz
