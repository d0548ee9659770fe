// Ctrl-Z. A process that is stopped within a write stops the writes of every other process as well,
// so the signal of the terminal (SIGTSTP) waits until the write is over. It takes milliseconds.
#pragma once

namespace authd::store {

// While one of these lives, in whichever thread, SIGTSTP does not stop the process; the end of the
// last one makes up for it. SIGSTOP cannot be put off.
class NotStopped {
 public:
  NotStopped();
  ~NotStopped();
  NotStopped(const NotStopped&) = delete;
  NotStopped& operator=(const NotStopped&) = delete;

  // Takes SIGTSTP over, for the life of the process. Does nothing when it is ignored or handled.
  static void take_over();
  // Stops now if somebody asked: for a thread that waits and holds nothing yet.
  static void stop_if_asked();
};

}  // namespace authd::store
