#include "crypto/password_hash.h"

#include <catch2/catch.hpp>

#include "base/random.h"

using namespace authd;
using crypto::Verdict;

namespace {

struct Known {
  const char* password;
  const char* stored;
};

// Published vectors, and strings from other implementations (named).
const Known kKnown[] = {
    // The reference implementation of Argon2 (its test.c); libsodium must honour the lanes of the
    // last one.
    {"password",
     "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
    {"password",
     "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
    {"password",
     "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
    // RFC 7914 section 12, in werkzeug's form.
    {"password",
     "scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
     "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
    // RFC 7914 section 11 (PBKDF2-HMAC-SHA-256).
    {"passwd",
     "pbkdf2:sha256:1$salt$55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
     "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
    // python3, hashlib.pbkdf2_hmac, in the forms of passlib and Django.
    {"password", "$pbkdf2-sha256$29000$c2FsdDEyMzQ$zwkTdmSKxskxeY4R11wGgiu/pBbcDkWv37Js1o545eo"},
    {"correct horse",
     "$pbkdf2-sha512$1000$AHNhbHT/$35wt5a3g9jZmFKMKdXc7vEJO2eVuCC3og35hM/aDeTx7rx9SL6H1R4V."
     "OyTTkgmjT1NQ.79hEgPXK.v085iXMQ"},
    {"correct horse", "$pbkdf2$1000$AHNhbHT/$v7mPVLbPhxC1M.u3Oqh9u7wYjHY"},
    {"password", "pbkdf2_sha256$1000$salt1234$GBMH7yNF3CH2y6aUf/jCqV1Np6jWrzmBYWn7gEQluPU="},
    // Openwall's crypt_blowfish test vectors, with each of the prefixes.
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    // SHA-crypt with the salts and passwords of Ulrich Drepper's specification, by perl's crypt().
    {"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
    {"Hello world!",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
     "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/"
     "UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
    // perl's crypt() on Debian 12.
    {"correct horse", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79"},
};

}  // namespace

TEST_CASE("hashes of every form match their password and no other") {
  for (const Known& known : kKnown) {
    CAPTURE(known.stored);
    CHECK(crypto::is_supported_hash(known.stored));
    CHECK(crypto::verify_password(Password(known.password), known.stored) == Verdict::match);
    CHECK(crypto::verify_password(Password(std::string(known.password) + "x"), known.stored) ==
          Verdict::mismatch);
    CHECK(crypto::verify_password(Password(""), known.stored) == Verdict::mismatch);
    CHECK(crypto::verify_password(Password(std::string(known.password) + std::string("\0x", 2)),
                                  known.stored) == Verdict::mismatch);
    CHECK(crypto::needs_rehash(known.stored, {}));
  }
}

TEST_CASE("a damaged, unknown or too costly stored hash is refused at once") {
  for (const char* stored : {"",
                             "password",
                             "$1$salt$hash",
                             "{SSHA}AAAA",
                             "md5$salt$hash",
                             "$argon2id$",
                             "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ",
                             "$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA",
                             "$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA",
                             "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$AAAA",
                             "$argon2id$v=19$m=65536,t=1000,p=1$c29tZXNhbHQ$AAAA",
                             "$argon2id$v=19$m=65536,t=2,p=64$c29tZXNhbHQ$AAAA",
                             "scrypt:1048576:32:16$salt$00",
                             "scrypt:1000:8:1$salt$00",
                             "pbkdf2:sha256:99999999999$salt$00112233445566778899aabbccddeeff",
                             "pbkdf2:md5:1$salt$00112233445566778899aabbccddeeff",
                             "pbkdf2:sha256:1$salt$00",
                             "pbkdf2_sha256$0$salt$AAAA",
                             "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                             "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                             "$6$rounds=999999999$salt$hash",
                             "$y$jzT$salt$hash"}) {
    CAPTURE(stored);
    CHECK_FALSE(crypto::is_supported_hash(stored));
    CHECK(crypto::verify_password(Password("password"), stored) == Verdict::unsupported);
  }
  CHECK_FALSE(crypto::is_supported_hash("$6$salt$" + std::string(1000, 'a')));
}

TEST_CASE("a new hash is Argon2id with the parameters, and never the same twice") {
  SystemRandom random;
  const crypto::Argon2Params params{64 << 10, 1};
  const Password password("correct horse");
  const auto one = crypto::hash_password(password, params, random);
  const auto two = crypto::hash_password(password, params, random);
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  CHECK(*one != *two);
  CHECK(crypto::verify_password(password, *one) == Verdict::match);
  CHECK_FALSE(crypto::needs_rehash(*one, params));
  CHECK(crypto::needs_rehash(*one, {128 << 10, 1}));
  CHECK(crypto::needs_rehash(*one, {64 << 10, 2}));
}
