// What the server gives up once it has its sockets, its keys and its store. An intruder who runs
// code in it is limited to what is left.
#pragma once

#include "base/log.h"
#include "config/config.h"

namespace authd::server {

// Always: every capability, including those it could regain (the bounding set), and whatever a
// set-user-ID program would give it. Unless server.sandbox is off:
// - core dumps, and inspection by other processes of the same user (secrets are in memory);
// - writing files outside the configured places, and executing files other than this one
//   (landlock.h), if the kernel has Landlock;
// - system calls that it does not need (system_calls.h).
//
// Call it before any thread is started, except by confine_thread(): the kernel removes capabilities
// and file access from one thread at a time, and a new thread inherits what its creator still has.
// If the machine does not support a step, the log says so and the server continues: a server that
// does not start protects nobody.
void confine(const config::Config& config, Log& log);

// For a thread that has to start before that, because the store needs it: what confine() takes from
// one thread at a time, from the calling one. It may write in the data directory alone. The system
// calls follow with confine(), which filters those of all threads.
void confine_thread(const config::Config& config, Log& log);

}  // namespace authd::server
