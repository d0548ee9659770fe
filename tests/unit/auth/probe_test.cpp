#include "auth/probe.h"

#include <catch2/catch.hpp>

#include "auth/check.h"
#include "support/instance.h"
#include "tables/expiry.h"

using namespace authd;

TEST_CASE("a probe is good for a minute, for its token alone, and is swept") {
  test::Instance t;
  const Time now = t.clock.now();
  const auto token = auth::begin_probe(t.store, t.random, now);
  REQUIRE(token);
  CHECK(auth::is_probe(t.store, token->reveal(), now).value());
  CHECK_FALSE(auth::is_probe(t.store, "", now).value());
  CHECK_FALSE(auth::is_probe(t.store, std::string(43, 'A'), now).value());
  CHECK_FALSE(auth::is_probe(t.store, token->reveal(), now + auth::kProbeLife).value());
  CHECK(auth::check_store(t.services).value().findings.empty());
  SECTION("ended") {
    REQUIRE(auth::end_probe(t.store, *token));
    CHECK_FALSE(auth::is_probe(t.store, token->reveal(), now).value());
  }
  SECTION("swept") {
    const auto swept = tables::sweep_expired(t.store, now + auth::kProbeLife);
    REQUIRE(swept);
    CHECK(swept->removed == 1);
  }
  CHECK(auth::check_store(t.services).value().findings.empty());
}
