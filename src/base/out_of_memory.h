// What is said where std::bad_alloc ends. Each kind of thread has one place for that: requests
// (http/front_serve.cpp), hashes (crypto/hasher.cpp), the store (each engine), jobs
// (server/jobs.cpp), mails (server/mail_runner.cpp), signals (server/server.cpp), lines of the log
// (base/log.cpp), and commands (cli/run.cpp). Elsewhere it just passes through; only what libraries
// written in C call back catches it, and what has to count something down again.
#pragma once

#include "base/result.h"

namespace authd {

// The message is short enough for the string object itself, so that saying it needs no memory.
inline Error out_of_memory() {
  return Error{ErrorCode::unavailable, "Out of memory."};
}

}  // namespace authd
