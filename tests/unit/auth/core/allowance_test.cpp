#include "auth/core/limits/allowance.h"

#include <catch2/catch.hpp>

#include "support/instance.h"
#include "tables/expiry.h"

namespace authd::auth {
namespace {

using namespace std::chrono_literals;

constexpr Allowance kThree{"a test", 3, 10min};
constexpr Allowance kOther{"another test", 3, 10min};

struct Taking {
  Result<void> take(const Allowance& allowance = kThree, std::string_view whose = "ann") {
    return t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      return take_one(tx, allowance, whose, t.clock.now());
    });
  }
  test::Instance t;
};

TEST_CASE("looking whether there is one left takes none") {
  Taking a;
  const auto look = [&] {
    return a.t.store.read(
        [&](store::ReadTxn& tx) { return check_one(tx, kThree, "ann", a.t.clock.now()); });
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(look());
    CHECK(look());
    CHECK(a.take());
  }
  CHECK(look().error().code == ErrorCode::rate_limited);
  a.t.clock.advance(10min);
  CHECK(look());
}

TEST_CASE("so many may happen in a while, then it says how long to wait") {
  Taking a;
  for (int i = 0; i < 3; ++i) {
    CHECK(a.take());
    a.t.clock.advance(1min);
  }
  const Result<void> refused = a.take();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::rate_limited);
  CHECK(refused.error().retry_after_s == 7 * 60);
  CHECK(a.take(kThree, "bob"));
  CHECK(a.take(kOther));
  a.t.clock.advance(7min);
  CHECK(a.take());
}

TEST_CASE("a while that began when the clock was ahead is not waited for") {
  Taking a;
  a.t.clock.advance(24h);
  for (int i = 0; i < 3; ++i)
    CHECK(a.take());
  CHECK_FALSE(a.take());
  a.t.clock.advance(-24h);
  CHECK(a.take());
}

TEST_CASE("nothing is left of a while that is over") {
  Taking a;
  CHECK(a.take());
  a.t.clock.advance(11min);
  REQUIRE(tables::sweep_expired(a.t.store, a.t.clock.now()));
  size_t rows = 0;
  REQUIRE(a.t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    tables::attempts.scan(tx, "", "", [&](std::string_view, const tables::Attempts&) {
      rows += 1;
      return true;
    });
    return {};
  }));
  CHECK(rows == 0);
}

}  // namespace
}  // namespace authd::auth
