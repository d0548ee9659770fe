// What the server gives up when it has all it needs: its sockets, its keys and its store. Should
// somebody get to run code in it nevertheless, this is what they have.
#pragma once

#include "base/log.h"
#include "config/config.h"

namespace authd::server {

// Always: every capability, also those it could get again (the bounding set), and whatever a
// set-user-ID program would give. Unless server.sandbox is off:
// - core dumps, and to be looked into by other processes of the same user (secrets are in memory);
// - to write files elsewhere than where the configuration says, and to execute other files than
//   this one (landlock.h), if the kernel has Landlock;
// - the system calls that it has no use for (system_calls.h).
//
// Call it before any thread is started: the kernel takes capabilities and files from one thread at
// a time, and a thread inherits what its creator has left. What the machine does not grant is a
// line in the log, and the server goes on: one that does not start protects nobody.
void confine(const config::Config& config, Log& log);

}  // namespace authd::server
