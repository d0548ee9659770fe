#include "http/front/parking.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;
using namespace std::chrono_literals;

namespace {

// Only told apart, never looked at.
Connection* one(size_t number) {
  return reinterpret_cast<Connection*>(number * alignof(std::max_align_t));
}

}  // namespace

TEST_CASE("parked requests are due with news, when their time is over, or at the end") {
  Parking parking(3);
  const SteadyTime now{1000s};
  const SteadyTime before = now - Parking::kLongestPause;
  CHECK(parking.has_place());
  REQUIRE(parking.add(one(1), 7, before, now + 10s));
  REQUIRE(parking.add(one(2), 7, before, now + 1s));
  REQUIRE(parking.add(one(3), 8, before, now + 10s));
  CHECK_FALSE(parking.has_place());
  CHECK_FALSE(parking.add(one(4), 7, before, now + 10s));
  CHECK(parking.take_due(8, now, false) == std::vector{one(1), one(2)});
  CHECK(parking.take_due(8, now, false).empty());
  REQUIRE(parking.add(one(2), 8, before, now + 1s));
  CHECK(parking.take_due(8, now + 1s, false) == std::vector{one(2)});
  // News wait for a moment after the parking.
  REQUIRE(parking.add(one(1), 7, now, now + 10s));
  CHECK(parking.take_due(8, now + 2 * Parking::kPausePerPlace - 1us, false).empty());
  CHECK(parking.take_due(8, now + 2 * Parking::kPausePerPlace, false) == std::vector{one(1)});
  // One that found no thread is due again, though all places may be taken meanwhile.
  REQUIRE(parking.add(one(5), 8, before, now + 10s));
  REQUIRE(parking.add(one(6), 8, before, now + 10s));
  parking.put_back(one(2));
  CHECK(parking.size() == 4);
  CHECK(parking.take_due(8, now, false) == std::vector{one(2)});
  CHECK(parking.take_due(8, now, true).size() == 3);
  CHECK(parking.size() == 0);
}

TEST_CASE("news reach many parked requests later than few, and within a tenth of a second") {
  Parking parking(3000);
  const SteadyTime now{1000s};
  for (size_t i = 1; i <= 3000; ++i)
    REQUIRE(parking.add(one(i), 7, now, now + 10s));
  CHECK(parking.take_due(8, now + Parking::kLongestPause - 1us, false).empty());
  CHECK(parking.take_due(8, now + Parking::kLongestPause, false).size() == 3000);
}
