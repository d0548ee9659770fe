// The crypt(3) family: bcrypt vectors of Openwall's crypt_blowfish and of python3-bcrypt, sha-crypt
// vectors of Ulrich Drepper's specification, and hashes made on Debian 12 by
//   mkpasswd -m yescrypt "$password"           (also bcrypt, bcrypt-a, sha256crypt, sha512crypt)
//   openssl passwd -6 -salt saltstring "$password"
#include <catch2/catch.hpp>

#include "crypto/passwords/password_hash.h"
#include "support/cpu_clock.h"

using namespace authd;
using namespace authd::crypto;

namespace {

constexpr std::string_view kPassword = "correct horse ß";
constexpr std::string_view kBcrypt = "$2b$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm";
constexpr std::string_view kSha512Hash =
    "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
constexpr std::string_view kYescryptSalt = "fhHCN4UiiGHY5MNzQ6Igw1";
constexpr std::string_view kYescryptHash = "4ef6sRPuUNDCUvnjFGgd/OSamfiemCbssj6H9rRZE9A";

struct Vector {
  std::string_view password;
  std::string_view stored;
};

Verdict verified(std::string_view password, std::string_view stored) {
  return verify_password(Password(std::string(password)), stored);
}

void check_match(const Vector& vector) {
  INFO(vector.stored);
  CHECK(is_supported_hash(vector.stored));
  CHECK(verified(vector.password, vector.stored) == Verdict::match);
  CHECK(verified("wrong", vector.stored) == Verdict::mismatch);
}

void check_unsupported(std::string_view stored) {
  INFO(stored);
  CHECK(test::costs_little([&] {
    CHECK(verified(kPassword, stored) == Verdict::unsupported);
    CHECK_FALSE(is_supported_hash(stored));
  }));
}

std::string yescrypt(std::string_view params) {
  return "$y$" + std::string(params) + "$" + std::string(kYescryptSalt) + "$" +
         std::string(kYescryptHash);
}

}  // namespace

TEST_CASE("bcrypt hashes are matched by their password alone") {
  check_match({"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"});
  check_match({"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"});
  check_match({"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"});
  check_match({"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"});
  check_match({"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"});
  check_match({kPassword, kBcrypt});
  check_match({kPassword, "$2a$05$fJ8tggAdqiQWgpPn7HgQBect8SFHSXMb0sl7dZyVcgxvRDV2QVt3y"});
  check_match({kPassword, "$2b$04$28C8fLlBq8vRv6Kj4Tb7huyK9SamXCL9PDZWMxzskL7SDtBNCtnSi"});
}

TEST_CASE("bcrypt ignores what comes after 72 bytes") {
  const std::string_view stored = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
  const std::string letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  CHECK(verified(letters + "0123456789chars after 72 are ignored", stored) == Verdict::match);
  CHECK(verified(letters + "0123456789", stored) == Verdict::match);
  CHECK(verified(letters + "012345678", stored) == Verdict::mismatch);
}

TEST_CASE("bcrypt text of a wrong form or beyond the limit is unsupported") {
  for (const std::string_view stored : {
           "$2b$17$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
           "$2b$31$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
           "$2b$03$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
           "$2b$-5$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
           "$2b$5$$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
           "$2b$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeY",
           "$2b$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYmm",
           "$2b$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeY=",
           "$2b$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH HNlqxwTYKQeYm",
           // "2x" is the form of a bug, and 2 and 2c never were.
           "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
           "$2c$05$bcHr8rId9W8bk6vEQTLeMumpP1gUbYcEyuimhEH.HNlqxwTYKQeYm",
       }) {
    check_unsupported(stored);
  }
}

TEST_CASE("sha-crypt hashes are matched by their password alone") {
  check_match({"Hello world!", "$6$saltstring$" + std::string(kSha512Hash)});
  check_match({"Hello world!",
               "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/"
               "UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."});
  check_match(
      {"a very much longer text to encrypt.  This one even stretches over morethan one "
       "line.",
       "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/"
       "pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1"});
  check_match({"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"});
  check_match({"Hello world!",
               "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"});
  check_match({kPassword, "$5$wLADsBy7pv9s4QpM$w5HbniKWxKm1jfMiwSY8ebjjPuJjYZnpQH3rqVqX3QA"});
  check_match({kPassword,
               "$6$rounds=1000$kYyjgebF3J.35gbP$AV6tSTs0h44EJ1q9Ev6NT5Tgm2hLRdvrkjOA17WlL."
               "jBKvt6I166P3yBj8bjca323yNXHojSXyFr5sR/Aavcc/"});
}

TEST_CASE("sha-crypt text of a wrong form or beyond the limit is unsupported") {
  const std::string hash(kSha512Hash);
  check_unsupported("$6$rounds=5000001$saltstring$" + hash);
  check_unsupported("$6$rounds=999999999$saltstring$" + hash);
  check_unsupported("$6$rounds=999$saltstring$" + hash);
  check_unsupported("$6$rounds=$saltstring$" + hash);
  check_unsupported("$6$rounds=-1000$saltstring$" + hash);
  check_unsupported("$6$rounds=4294972296$saltstring$" + hash);
  check_unsupported("$6$Rounds=5000$saltstring$" + hash);
  check_unsupported("$6$saltstring");
  check_unsupported("$6$saltstring$");
  check_unsupported("$6$saltstring$" + hash.substr(1));
  check_unsupported("$6$saltstring$" + hash + ".");
  check_unsupported("$6$saltstring$" + hash.substr(1) + "!");
  check_unsupported("$5$saltstring$" + hash);
}

TEST_CASE("rounds in the place of the salt do not slip past the limit") {
  // libxcrypt would read both as a setting without a hash and count to a thousand million.
  check_unsupported("$6$rounds=999999999$x");
  check_unsupported("$6$rounds=999999999$" + std::string(kSha512Hash));
}

TEST_CASE("yescrypt hashes are matched by their password alone") {
  check_match({kPassword, yescrypt("j9T")});
  check_match(
      {kPassword, "$y$j7T$7TzgxIXXezNmPr1Ljp.Ii1$K8DxUYtDm44bwqmWvh7dSFdhfvZJCY2Nkx2HduQ2eFC"});
}

TEST_CASE("yescrypt text of a wrong form or beyond the limit is unsupported") {
  // j is the usual flavour; D, F, Z ask for 2^16 and more, and r from k on takes two digits.
  for (const std::string_view params :
       {"jFT", "jZT", "jzT", "j9k", "j9z", "j9", "j", "", "j9T0", "j*T", "j9T."})
    check_unsupported(yescrypt(params));
  const std::string good = yescrypt("j9T");
  check_unsupported(good.substr(0, good.size() - 1));
  check_unsupported(good + ".");
  check_unsupported("$y$j9T$" + std::string(kYescryptSalt));
  check_unsupported("$gy$j9T$qauc9WeDXPNOF3edT1Lzd0$r5KY5.fcNrhOuXrPlt7xb96Sjp8DQ5W974v4H5r68w");
}

TEST_CASE("a password with NUL never matches a crypt(3) hash") {
  const std::string tail("\0tail", 5);
  CHECK(verified(std::string(kPassword) + tail, kBcrypt) == Verdict::mismatch);
  CHECK(verified(tail, "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy") ==
        Verdict::mismatch);
  CHECK(verified("Hello world!" + tail, "$6$saltstring$" + std::string(kSha512Hash)) ==
        Verdict::mismatch);
}

TEST_CASE("a password longer than crypt(3) takes is a mismatch") {
  CHECK(verified(std::string(4096, 'x'), kBcrypt) == Verdict::mismatch);
  CHECK(verified(std::string(512, 'x'), "$6$saltstring$" + std::string(kSha512Hash)) ==
        Verdict::mismatch);
}

TEST_CASE("a crypt(3) hash with a flipped bit does not match") {
  std::string stored(kBcrypt);
  stored[40] = stored[40] == 'a' ? 'b' : 'a';
  CHECK(verified(kPassword, stored) == Verdict::mismatch);
}
