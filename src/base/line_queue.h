// Lines for a file descriptor whose reader may stall (a paused terminal, a full pipe). A separate
// thread writes them, so that the caller never waits for the reader. Lines keep their order. A line
// that finds no room is dropped and counted, and the count is written in its place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace authd {

class LineQueue {
 public:
  static constexpr size_t kMaxBytes = 4 << 20;  // that wait to be written
  static constexpr Milliseconds kFarewell{2000};

  // `report` makes the line that tells how many lines were dropped; called under the queue's lock.
  using Report = std::function<std::string(uint64_t lines)>;
  // The end waits at most `farewell` for what is queued to be written.
  LineQueue(int fd, Report report, Milliseconds farewell = kFarewell);
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  // Takes a line without its end. Thread-safe.
  void push(std::string_view line);

 private:
  struct State;

  void add_report();

  std::shared_ptr<State> state_;  // the thread has a share: a reader may hold it beyond the end
  Report report_;
  const Milliseconds farewell_;
};

}  // namespace authd
