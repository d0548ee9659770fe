#include "base/cookie.h"

#include <catch2/catch.hpp>

using namespace authd;

TEST_CASE("a cookie is for the whole host and no script, and Secure only over https") {
  CHECK(Cookie{.name = "a", .value = "b", .life = Seconds(60)}.header() ==
        "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
  CHECK(Cookie{.name = "a",
               .value = "b",
               .life = Seconds(60),
               .domain = "example.org",
               .is_secure = true,
               .same_site = SameSite::strict}
            .header() ==
        "a=b; Path=/; Max-Age=60; Domain=example.org; HttpOnly; SameSite=Strict; Secure");
}

TEST_CASE("a cookie without a life deletes itself") {
  CHECK(Cookie{.name = "a", .value = ""}.header() ==
        "a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
  CHECK(Cookie{.name = "a", .value = "", .life = Seconds(-5)}.header() ==
        "a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

TEST_CASE("the prefix of a name follows from https and the domain") {
  CHECK(prefixed_name("a", false) == "a");
  CHECK(prefixed_name("a", false, "example.org") == "a");
  CHECK(prefixed_name("a", true) == "__Host-a");
  CHECK(prefixed_name("a", true, "example.org") == "__Secure-a");
}

TEST_CASE("all cookies of a name are found, and those of longer names are not") {
  using Values = std::vector<std::string_view>;
  CHECK(cookie_values("a=1; b=2;a=3;  a=4", "a") == Values{"1", "3", "4"});
  CHECK(cookie_values("ab=1; a; a=", "a") == Values{""});
  CHECK(cookie_values("a=1=2", "a") == Values{"1=2"});
  CHECK(cookie_values("", "a").empty());
  CHECK(cookie_values(";;=;", "a").empty());
}
