#include "auth/accounts/password_policy.h"

#include <catch2/catch.hpp>
#include <string>

namespace authd::auth {
namespace {

int score(const std::string& text, std::string_view username = "", std::string_view email = "") {
  return password_score(Password(text), username, email);
}

TEST_CASE("A password scores by what it takes to guess it") {
  REQUIRE(score("password") == 0);
  REQUIRE(score("qwertyuiop") < 2);
  REQUIRE(score("p@ssw0rd") == 0);
  REQUIRE(score("31.12.1987") < 2);
  REQUIRE(score("correct horse battery staple") == 4);
  REQUIRE(score("xK9-vQ2_mP7z") == 4);
}

TEST_CASE("A word backwards, or many times, is as weak as the word") {
  REQUIRE(score("nogard") == 0);
  REQUIRE(score("drowssap") == 0);
  REQUIRE(score("dragondragon") < 2);
  REQUIRE(score("nogardnogardnogard") < 2);
  REQUIRE(score(std::string(100, 'x')) < 2);
  REQUIRE(score("xK9xK9xK9xK9") < 3);
  REQUIRE(score("xK9bR4wT7mQ2") == 4);
  // Nearly a repetition is none.
  REQUIRE(score("dragondragonxK9-vQ2_m") == 4);
}

TEST_CASE("The names of the account are known words, also backwards") {
  REQUIRE(score("zyxtanqubel") > 2);
  REQUIRE(score("zyxtanqubel", "zyxtanqubel") == 0);
  REQUIRE(score("lebuqnatxyz", "zyxtanqubel") == 0);
  REQUIRE(score("zyxtanqubel", "", "zyxtanqubel@example.com") == 0);
}

TEST_CASE("Any bytes have a score") {
  std::string all;
  for (int byte = 1; byte < 256; ++byte)
    all += static_cast<char>(byte);
  REQUIRE(score(all) == 4);
  for (size_t begin = 0; begin < all.size(); ++begin) {
    const int got = score(all.substr(begin, 12), all.substr(0, begin), "@");
    REQUIRE(got >= 0);
    REQUIRE(got <= 4);
  }
  REQUIRE(score("") == 0);
}

}  // namespace
}  // namespace authd::auth
