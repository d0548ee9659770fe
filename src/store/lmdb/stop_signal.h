// Ctrl-Z. A process that is stopped within a write also blocks the writes of every other process,
// so the terminal's signal (SIGTSTP) waits until the write is over, which takes milliseconds.
#pragma once

namespace authd::store {

// While one of these lives, in any thread, SIGTSTP does not stop the process; the process stops
// when the last one ends. SIGSTOP cannot be delayed.
class NotStopped {
 public:
  NotStopped();
  ~NotStopped();
  NotStopped(const NotStopped&) = delete;
  NotStopped& operator=(const NotStopped&) = delete;

  // Takes over SIGTSTP for the life of the process. Does nothing if the signal is ignored or
  // already handled.
  static void take_over();
  // Stops now if a stop was requested: for a thread that waits and holds nothing yet.
  static void stop_if_asked();
};

}  // namespace authd::store
