#include "base/backoff.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace authd;
using namespace std::chrono_literals;

TEST_CASE("pauses double from the first to the longest, give or take a fifth") {
  const Backoff backoff{1min, 4h};
  Milliseconds expected = 1min;
  for (uint64_t attempts = 1; attempts < 12; ++attempts) {
    CHECK(pause_after(backoff, attempts, 0.5) == expected);
    CHECK(pause_after(backoff, attempts, 0) == expected * 8 / 10);
    CHECK(pause_after(backoff, attempts, 0.9999) <= expected * 12 / 10);
    CHECK(pause_after(backoff, attempts, 0.9999) > expected * 119 / 100);
    expected = std::min<Milliseconds>(expected * 2, 4h);
  }
  CHECK(pause_after(backoff, UINT64_MAX, 0.5) == Milliseconds(4h));
}

TEST_CASE("a jitter is a fraction, and one differs from the next") {
  SystemRandom random;
  double least = 1;
  double most = 0;
  for (int i = 0; i < 100; ++i) {
    const double jitter = random_fraction(random);
    CHECK(jitter >= 0);
    CHECK(jitter < 1);
    least = std::min(least, jitter);
    most = std::max(most, jitter);
  }
  CHECK(least < most);
}
