// The many ways in which providers write what they say.
#include <catch2/catch.hpp>

#include "auth/signin/federation/federation.h"
#include "support/fake_provider.h"
#include "support/refusal.h"

using namespace authd;
using namespace authd::test;

namespace {

using Outcome = Result<auth::FederationOutcome>;

struct World {
  Outcome sign_in() {
    const auto begun =
        auth::begin_federation(t.services, "fake", nullptr, {}, {}, from("192.0.2.1"));
    REQUIRE(begun);
    return auth::finish_federation(t.services, "fake", provider.follow(begun->url), begun->binding,
                                   from("192.0.2.1"));
  }

  Instance t{with_provider()};
  FakeProvider provider{t};
};

auth::Tokens tokens_of(Outcome outcome) {
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<auth::LoginOutcome>(*outcome));
  return test::tokens_of(std::get<auth::LoginOutcome>(std::move(*outcome)));
}

using test::name_of;

}  // namespace

TEST_CASE("the times of an ID token may have a fraction or an exponent") {
  World w;
  const std::string now = std::to_string(unix_seconds(w.t.clock.now()));
  w.provider.changed = {{"iat", now + ".55"}, {"nbf", now + ".5"}, {"exp", now + "00e-2"}};
  w.provider.changed["exp"] = std::to_string(unix_seconds(w.t.clock.now()) + 10) + ".25";
  CHECK(name_of(w.sign_in()) == "ok");
  w.provider.changed["exp"] = "1.9e9";
  CHECK(name_of(w.sign_in()) == "ok");
  for (const char* end : {"1.1e9", "-1e300", "\"soon\""}) {
    w.provider.changed["exp"] = end;
    CHECK(name_of(w.sign_in()) == "invalid_id_token");
  }
}

TEST_CASE("an ID token with hundreds of groups is read, and one without end is not") {
  World w;
  const auto groups = [](size_t count) {
    std::string list = "[";
    for (size_t i = 0; i < count; ++i)
      list += (i == 0 ? "" : ",") + ("\"" + std::string(36, 'a') + "\"");
    return list + "]";
  };
  w.provider.changed["groups"] = groups(200);
  CHECK(name_of(w.sign_in()) == "ok");
  w.provider.changed["groups"] = groups(2000);
  CHECK(name_of(w.sign_in()) == "invalid_id_token");
}

TEST_CASE("what providers write in other ways is read") {
  World w;
  SECTION("the type of the token") {
    w.provider.typ = GENERATE("JWT", "jwt", "Jwt", "application/jwt", "Application/JWT", "");
    CAPTURE(w.provider.typ);
    CHECK(name_of(w.sign_in()) == "ok");
  }
  SECTION("a byte order mark before each document") {
    w.provider.prefix = "\xef\xbb\xbf";
    w.provider.userinfo = R"({"sub":"subject-1","email":"ann@example.org","email_verified":true})";
    w.provider.changed["email"] = "";
    CHECK(tokens_of(w.sign_in()).user.email == "ann@example.org");
  }
  SECTION("201 for the tokens") {
    w.provider.token_status = 201;
    CHECK(name_of(w.sign_in()) == "ok");
    w.provider.token_status = 202;
    CHECK(name_of(w.sign_in()) == "provider_unavailable");
  }
  SECTION("its key after many others") {
    w.provider.other_keys = 150;
    CHECK(name_of(w.sign_in()) == "ok");
  }
}

TEST_CASE("the word about an email may be at the userinfo endpoint alone") {
  World w;
  w.provider.changed["email_verified"] = "";
  SECTION("where it is") {
    w.provider.userinfo = R"({"sub":"subject-1","email":"ann@example.org","email_verified":true})";
    CHECK(tokens_of(w.sign_in()).user.email_verified);
  }
  SECTION("where it is about another address") {
    w.provider.userinfo = R"({"sub":"subject-1","email":"eve@example.org","email_verified":true})";
    CHECK_FALSE(tokens_of(w.sign_in()).user.email_verified);
  }
  SECTION("where it is about somebody else") {
    w.provider.userinfo = R"({"sub":"subject-2","email":"ann@example.org","email_verified":true})";
    CHECK(name_of(w.sign_in()) == "invalid_id_token");
  }
}

TEST_CASE("userinfo as a signed JWT is refused as what it is") {
  World w;
  w.provider.userinfo = crypto::sign_jwt(*w.provider.key, "JWT", R"({"sub":"subject-1"})").value();
  // Without it the login works, as long as the ID token says who it is.
  CHECK(name_of(w.sign_in()) == "ok");
  CHECK(w.provider.asked["/userinfo"] == 0);
  w.provider.changed["email"] = "";
  CHECK(name_of(w.sign_in()) == "provider_unreadable");
  w.provider.userinfo = "sub=subject-1";
  CHECK(name_of(w.sign_in()) == "provider_unreadable");
}

TEST_CASE("every algorithm that a provider may use is read") {
  World w;
  w.provider.algorithm =
      GENERATE(crypto::Algorithm::es256, crypto::Algorithm::rs256, crypto::Algorithm::eddsa);
  w.provider.new_key();
  CHECK(w.sign_in());
}
