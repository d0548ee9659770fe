// Lines for a file descriptor whose reader may stall (a paused terminal, a full pipe). A separate
// thread writes them, so that the caller never waits for the reader. Lines keep their order. If
// there is no room, the line is dropped and counted, and the count is written in its place.
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
  static constexpr size_t kMaxBytes = 4 << 20;  // waiting to be written
  static constexpr Milliseconds kFarewell{2000};

  // `report` returns the line that says how many lines were dropped. It is called under the queue's
  // lock.
  using Report = std::function<std::string(uint64_t lines)>;
  // The destructor waits at most `farewell` for the queued lines to be written.
  LineQueue(int fd, Report report, Milliseconds farewell = kFarewell);
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  // Takes a line without the newline. Thread-safe.
  void push(std::string_view line);

 private:
  struct State;

  void add_report();

  std::shared_ptr<State> state_;  // shared with the thread, which may live longer
  Report report_;
  const Milliseconds farewell_;
};

}  // namespace authd
