#include "auth/upkeep/doctor_token.h"

#include <catch2/catch.hpp>

#include "auth/core/one_time_tokens.h"
#include "auth/upkeep/check.h"
#include "support/instance.h"
#include "tables/expiry.h"

using namespace authd;

TEST_CASE("a probe is good for a minute, for its token alone, and is swept") {
  test::Instance t;
  const Time now = t.clock.now();
  const auto token = auth::make_doctor_token(t.store, t.random, now);
  REQUIRE(token);
  CHECK(auth::is_doctor_token(t.store, token->reveal(), now).value());
  CHECK_FALSE(auth::is_doctor_token(t.store, "", now).value());
  CHECK_FALSE(auth::is_doctor_token(t.store, std::string(43, 'A'), now).value());
  CHECK_FALSE(
      auth::is_doctor_token(t.store, token->reveal(), now + auth::kDoctorTokenLife).value());
  CHECK(auth::check_store(t.services).value().findings.empty());
  SECTION("ended") {
    REQUIRE(auth::remove_doctor_token(t.store, *token));
    CHECK_FALSE(auth::is_doctor_token(t.store, token->reveal(), now).value());
  }
  SECTION("swept") {
    const auto swept = tables::sweep_expired(t.store, now + auth::kDoctorTokenLife);
    REQUIRE(swept);
    CHECK(swept->removed == 1);
  }
  CHECK(auth::check_store(t.services).value().findings.empty());
}
