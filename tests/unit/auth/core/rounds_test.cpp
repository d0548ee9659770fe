#include "auth/core/rounds.h"

#include <catch2/catch.hpp>

using namespace authd;

namespace {

Error refusal() {
  return Error{ErrorCode::conflict, "It changed."};
}

}  // namespace

TEST_CASE("what was looked at and stays is decided in one round") {
  int rounds = 0;
  const Result<int> done = auth::in_rounds([&](auth::Round& round) -> Result<int> {
    rounds += 1;
    return round.number();
  });
  CHECK(done == 1);
  CHECK(rounds == 1);
}

TEST_CASE("what moved is looked at again, until it stays") {
  const Result<int> done = auth::in_rounds([](auth::Round& round) -> Result<int> {
    if (round.number() < 3) return round.moved(refusal());
    return round.number();
  });
  CHECK(done == 3);
}

TEST_CASE("a refusal for another reason ends the rounds") {
  int rounds = 0;
  const Result<void> done = auth::in_rounds([&](auth::Round&) -> Result<void> {
    rounds += 1;
    return refusal();
  });
  CHECK_FALSE(done);
  CHECK(rounds == 1);
}

TEST_CASE("what moves all the time is refused after the last round") {
  int rounds = 0;
  const Result<void> done = auth::in_rounds([&](auth::Round& round) -> Result<void> {
    rounds += 1;
    CHECK(round.is_last() == (rounds == auth::kMaxRounds));
    Error error = round.moved(refusal());
    CHECK(round.goes_on() == (rounds < auth::kMaxRounds));
    return error;
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().message == refusal().message);
  CHECK(rounds == auth::kMaxRounds);
}

TEST_CASE("a write that moved when it ran first, and not when it ran again, has succeeded") {
  int rounds = 0;
  const Result<void> done = auth::in_rounds([&](auth::Round& round) -> Result<void> {
    rounds += 1;
    static_cast<void>(round.moved(refusal()));
    return {};
  });
  CHECK(done);
  CHECK(rounds == 1);
}
