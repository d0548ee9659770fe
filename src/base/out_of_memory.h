// The message for std::bad_alloc. Each kind of thread has one place that catches it: requests
// (http/front/front_serve.cpp), hashes (crypto/passwords/hasher.cpp), the store (each engine), jobs
// (server/jobs.cpp), mails (server/mail_runner.cpp), signals (server/server.cpp), lines of the log
// (base/log.cpp), and commands (cli/run.cpp). Everywhere else it passes through, except in
// callbacks of C libraries and where a counter must be decremented.
#pragma once

#include "base/result.h"

namespace authd {

// The message is short enough for the string object itself, so it needs no memory.
inline Error out_of_memory() {
  return Error{ErrorCode::unavailable, "Out of memory."};
}

}  // namespace authd
