#include "http/front/progress.h"

#include <catch2/catch.hpp>

using namespace authd;
using http::Progress;

namespace {

Progress at(std::vector<uint64_t> turns, uint64_t ticks, Progress::Lane writes = {},
            Progress::Lane slow = {}, Progress::Lane handshakes = {}) {
  return Progress{std::move(turns), ticks, writes, slow, handshakes};
}

}  // namespace

TEST_CASE("threads that only wait are not stuck") {
  CHECK(http::stuck_part(at({0, 4}, 1), at({0, 4}, 2)).empty());
}

TEST_CASE("a thread that works is stuck when it is the same event as before") {
  CHECK(http::stuck_part(at({0, 3}, 1), at({0, 5}, 2)).empty());
  CHECK(http::stuck_part(at({0, 3}, 1), at({0, 3}, 2)) == "socket thread");
}

TEST_CASE("deadlines that nobody looks at are a stuck part") {
  CHECK(http::stuck_part(at({0}, 7), at({0}, 7)) == "deadlines of connections");
}

TEST_CASE("a lane is stuck when it has work and finishes none") {
  const Progress before = at({0}, 1, {5, 2}, {5, 2});
  CHECK(http::stuck_part(before, at({0}, 2, {5, 2}, {6, 2})) == "requests that write");
  CHECK(http::stuck_part(before, at({0}, 2, {6, 2}, {5, 3})) == "requests with passwords");
  CHECK(http::stuck_part(before, at({0}, 2, {6, 9}, {6, 9})).empty());
  CHECK(http::stuck_part(at({0}, 1, {}, {}, {5, 2}), at({0}, 2, {}, {}, {5, 2})) ==
        "TLS handshakes");
  // A queue that has just filled has had no time yet, and an empty one has nothing to do.
  CHECK(http::stuck_part(at({0}, 1, {5, 0}), at({0}, 2, {5, 9})).empty());
  CHECK(http::stuck_part(before, at({0}, 2, {5, 0}, {5, 0})).empty());
}
