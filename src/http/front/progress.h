// The progress of the front's threads, for a watchdog that compares two snapshots.
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
  uint64_t ticks = 0;           // checks of the connections' deadlines, about ten a second
  Lane writes;
  Lane slow;
  Lane handshakes;
};

// The part that made no progress between two snapshots although it had work; empty when all is
// well. Waiting without work is fine. The snapshots must be seconds apart: no socket thread spends
// that long on one event, and no lane on all of its requests.
std::string_view stuck_part(const Progress& before, const Progress& now);

}  // namespace authd::http
