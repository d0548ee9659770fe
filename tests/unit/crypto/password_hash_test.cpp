#include "crypto/passwords/password_hash.h"

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
    // Published: phpass's test.php.
    {"test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
    {"test12345", "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
    // Published: the documentation of passlib.
    {"password",
     "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2"},
    {"password",
     "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
    // Published: the tests of Django.
    {"lètmein",
     "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/"
     "NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=="},
    // Published: the documentation of firebase/scrypt.
    {"user1password",
     "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk="
     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$"
     "42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/"
     "qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="},
    // python3, hashlib and crypt.
    {"correct horse", "bcrypt_sha256$$2b$05$CCCCCCCCCCCCCCCCCCCCC.jkGMyGDwQEPkW62gDnVEt5vQ5TQY40W"},
    {"correct horse", "bcrypt$$2b$05$CCCCCCCCCCCCCCCCCCCCC.WrAwgFxicHZ3kL7zMvXYXHKosDn8ot2"},
    {"correct horse", "$bcrypt-sha256$2b,5$CCCCCCCCCCCCCCCCCCCCC.$E7xG95zA6/zJMicaOjibjOtXMZx0sjK"},
    {"correct horse", "$wp$2y$05$CCCCCCCCCCCCCCCCCCCCC.9bvoAGqBQPYiJ.jrM2YFGcUAm8XPAK."},
    {" correct horse\t", "$wp$2y$05$CCCCCCCCCCCCCCCCCCCCC.9bvoAGqBQPYiJ.jrM2YFGcUAm8XPAK."},
    {"correct horse", "pbkdf2_sha1$1000$salt1234$KKxdne/X67cXs8sVgv52x+/EwEE="},
    {"correct horse",
     "pbkdf2:sha384:1000$salt$"
     "221dfd0e1cf2fcd18b1c877bcf9169648db5a42b05813b46b42364543f05350f98f335835c8d2e7ab7b507ec3411e"
     "a3b"},
    {"correct horse",
     "$pbkdf2-sha512$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$OM0FAoIqCVK1sWtxDiffVlBejtLa+"
     "ks4TP71JiecwuQ"},
    {"correct horse", "ADAxMjM0NTY3ODlhYmNkZWZpR8Ta/HlDvOBtvSPHj0Bo2ldRBBVbql48o3lpvfsbjQ=="},
    {"correct horse",
     "AQAAAAEAAAPoAAAAEDAxMjM0NTY3ODlhYmNkZWZwGDwPYO6eBEH2TvqzNOF/l6F/IHP33VrLo9PxKvCTgw=="},
    {"correct horse",
     "AQAAAAIAAAPoAAAAEDAxMjM0NTY3ODlhYmNkZWY4zQUCgioJUrWxa3EOJ99WUF6O0tr6SzhM/vUmJ5zC5A=="},
    {"correct horse", "{SSHA}n0MgpE49UOlYSAptYLeZPpSboiVzYWx0eQ=="},
    {"correct horse", "{ssha256}1kYN0oy7h1Wa9oF5n57Gzs7WHjudDKTAHlPkxOFHv+xzYWx0eQ=="},
    {"correct horse",
     "{SSHA512}kqGEhtGdRYsvGHiXcNiDl5xqF7qrMaI+4PGNXsWr0EkadV47N+"
     "r9747zYZFR2VCzbOiuOHWmwuTQRzrYy58ziXNhbHR5"},
    {"correct horse",
     "{CRYPT}$6$rounds=1000$saltstring$"
     "YiR6NSM0LQXmu7vAhkMXfkdYk7qtFouVx1Mdr3HmzXspT8kONjlpU3CsV7ezCB62uXJoAdaagsH4ck7/tB9js."},
    {"correct horse",
     "{SHA512-CRYPT}$6$rounds=1000$saltstring$"
     "YiR6NSM0LQXmu7vAhkMXfkdYk7qtFouVx1Mdr3HmzXspT8kONjlpU3CsV7ezCB62uXJoAdaagsH4ck7/tB9js."},
    {"correct horse", "{BLF-CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.WrAwgFxicHZ3kL7zMvXYXHKosDn8ot2"},
    {"correct horse", "$1$saltsalt$NuzA7WTAelpl95xgBGWN60"},
    {"correct horse", "$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$fjSOzYe3VPU6Q.dJqx4tYW6CE1ptRyuKNHZ4IlHBYq1"},
    {"correct horse",
     "{PBKDF2-SHA256}1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M"},
    // The reference implementation's, once more.
    {"password",
     "argon2$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
    {"password",
     "{ARGON2}$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/"
     "5U52iv1cDc"},
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
