#include "auth/passwords/password_policy.h"

#include <catch2/catch.hpp>
#include <string>

#include "config/compat.h"

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

namespace {

config::Config rules() {
  config::Config config;
  config.passwords.min_length = 8;
  config.passwords.max_length = 256;
  return config;
}

std::string refusal(const config::Config& config, const std::string& text,
                    const PasswordOwner& owner = {}) {
  const Result<void> checked = check_password(config, Password(text), owner, "password");
  return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("The passwords that attackers try first are refused, unless the list is off") {
  config::Config config = rules();
  for (const char* common : {"password", "12345678", "qwertyuiop", "password1", "Password",
                             "p@ssw0rd", "drowssap", "passwordpassword", "football", "iloveyou",
                             "baseball", "trustno1", "abcd1234", "11111111", "qwerty123"}) {
    CAPTURE(common);
    CHECK_THAT(refusal(config, common), Catch::Contains("attackers try"));
    CHECK(refusal(config, common, {.client = config::kSecureauth}).empty());
  }
  for (const char* fine : {"correct horse battery", "xK9-vQ2_m", "another battery",
                           "correct horse 1", "tr0ub4dor&3x", "a cat on a mat"}) {
    CAPTURE(fine);
    CHECK(refusal(config, fine).empty());
  }
  config.compat.passwords = config::CompatPasswords::ours;
  CHECK_FALSE(refusal(config, "password", {.client = config::kSecureauth}).empty());
  config.passwords.blocklist = config::Blocklist::off;
  CHECK(refusal(config, "password").empty());
}

TEST_CASE("The profile of NIST asks for 15 characters, or 8 beside a second factor") {
  config::Config config = rules();
  config.passwords.profile = config::PasswordProfile::nist;
  const PasswordOwner with_factor{.has_factor = true};
  CHECK_THAT(refusal(config, "horse battery!"), Catch::Contains("at least 15"));
  CHECK(refusal(config, "horse battery!!").empty());
  CHECK(refusal(config, "xK9-vQ2_", with_factor).empty());
  CHECK_THAT(refusal(config, "xK9-vQ2", with_factor), Catch::Contains("at least 8"));
  CHECK(refusal(config, "xK9-vQ2_", {.client = config::kFacade}).empty());
  config.passwords.min_length = 20;
  CHECK_THAT(refusal(config, "horse battery!!"), Catch::Contains("at least 20"));
}

TEST_CASE("A password is judged in the form that is hashed") {
  const config::Config config = rules();
  const PasswordOwner ann{.username = "ann-the-first"};
  CHECK_FALSE(
      refusal(config, "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44").empty());  // password
  CHECK_THAT(refusal(config, "\uff41nn-the-first", ann), Catch::Contains("username"));
  CHECK(refusal(config, "\uff41nn-the-hundred-and-first", ann).empty());
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
