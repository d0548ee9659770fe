#include "base/random.h"

#include <catch2/catch.hpp>
#include <set>

using namespace authd;

TEST_CASE("the number of random bytes is as requested, zero included") {
  SystemRandom random;
  CHECK(random.bytes(0).empty());
  CHECK(random.bytes(1).size() == 1);
  // getrandom(2) may return fewer bytes than requested above 256: the rest is requested again.
  const std::string large = random.bytes(100'000);
  REQUIRE(large.size() == 100'000);
  CHECK(std::set<char>(large.end() - 10'000, large.end()).size() == 256);
}

TEST_CASE("two draws differ") {
  SystemRandom random;
  CHECK(random.bytes(16) != random.bytes(16));
}

TEST_CASE("fill writes all of the span and nothing beside it") {
  SystemRandom random;
  std::array<uint8_t, 66> bytes = {};
  random.fill(std::span(bytes).subspan(1, 64));
  CHECK(bytes.front() == 0);
  CHECK(bytes.back() == 0);
  CHECK(std::set<uint8_t>(bytes.begin() + 1, bytes.end() - 1).size() > 8);
}
