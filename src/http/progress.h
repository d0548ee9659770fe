// How far the threads of the front have come, for a watchdog that looks from time to time and
// compares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace authd::http {

struct Progress {
  struct Lane {
    uint64_t finished = 0;  // requests
    size_t queued = 0;
  };
  std::vector<uint64_t> turns;  // of each socket thread: odd while it works on an event
  uint64_t ticks = 0;           // looks at the deadlines of connections, some ten a second
  Lane writes;
  Lane slow;
  Lane handshakes;
};

// The part that did not move between two looks, though it had something to do; empty when all is
// well. Whoever only waits is well. The looks have to lie seconds apart: no socket thread works
// on one event for so long, and no lane on every one of its requests.
std::string_view stuck_part(const Progress& before, const Progress& now);

}  // namespace authd::http
