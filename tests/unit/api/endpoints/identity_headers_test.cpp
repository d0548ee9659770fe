#include "api/endpoints/identity_headers.h"

#include <catch2/catch.hpp>
#include <string>

#include "support/fake_request.h"

using namespace authd;
using namespace authd::api;
using test::FakeRequest;
using test::Texts;

TEST_CASE("a name reads as X-Auth-* by whatever its words are joined") {
  // The characters of a token that are neither letters nor digits (RFC 9110 section 5.6.2).
  for (const char first : std::string_view("!#$%&'*+-.^_`|~")) {
    for (const char second : std::string_view("!#$%&'*+-.^_`|~")) {
      const std::string name = std::string("X") + first + "Auth" + second + "User";
      CAPTURE(name);
      CHECK(reads_as_identity(name));
    }
  }
  for (const char* name : {"X-Auth-User", "x-auth-user-id", "X_AUTH_ROLES", "x.aUtH.email_verified",
                           "X-Auth-Groups", "X-Auth-", "x~auth~", "X-Auth--User"}) {
    CAPTURE(name);
    CHECK(reads_as_identity(name));
  }
}

TEST_CASE("other names do not read as X-Auth-*") {
  for (const char* name :
       {"", "X", "X-Auth", "X-Author-Id", "X-Authd-Session", "X-Authenticated", "XAuthUser",
        "X-AuthUser", "XX-Auth-User", "-X-Auth-User", "X--Auth-User", "Y-Auth-User", "X-API-Key",
        "Authorization", "X0Auth-User", "XaAuth-User", "X-Auth0User", "Auth-User", "Remote-User"}) {
    CAPTURE(name);
    CHECK_FALSE(reads_as_identity(name));
  }
}

TEST_CASE("the refusal names the header as it was sent") {
  CHECK(refuse_forged_identity(FakeRequest(Texts{{"host", "a"}, {"x-authd-session", "cookie"}})));
  const Result<void> refused =
      refuse_forged_identity(FakeRequest(Texts{{"host", "a"}, {"X.Auth_User", "x"}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::forbidden);
  CHECK(refused.error().name == "forged_identity");
  CHECK(refused.error().field == "X.Auth_User");
  CHECK(refused.error().message.find("X.Auth_User") != std::string::npos);
}

TEST_CASE("a long name is cut short in the refusal") {
  const Result<void> refused =
      refuse_forged_identity(FakeRequest(Texts{{"X-Auth-" + std::string(4000, 'a'), "x"}}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field.size() == 64);
  CHECK(refused.error().message.size() < 200);
}
