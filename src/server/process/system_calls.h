// The system calls that the server makes while it serves, and those of the image worker until it is
// in its own sandbox (media/sandbox.h): the worker inherits this filter.
#pragma once

#include "base/syscall_filter.h"

namespace authd::server {

// Calls on the list are allowed. Calls that only an intruder would try kill the process. All others
// return ENOSYS, as in an older kernel: a C library that uses a newer call falls back to the old
// one, and nobody's login ends in a crash.
//
// No memory becomes executable, so the only code is that of the executable, and a dynamically
// linked program does not start. execve is on the list for the image worker. A filter cannot see
// paths, but an executed program keeps this filter, and has and gains no capabilities; if the
// kernel has Landlock, it can only be this executable (landlock.h).
//
// Installs the filter permanently, for all threads. Returns an errno, 0 if it is in force.
int filter_server_calls();

}  // namespace authd::server
