// The system calls that the server makes while it serves, and those of the image worker until it is
// in its own cage (media/sandbox.h): the worker inherits this filter.
#pragma once

#include "base/syscall_filter.h"

namespace authd::server {

// What is on the list is allowed. What only an intruder would try kills the process. All else is
// answered by ENOSYS, as by an older kernel: a C library that has learned a new call falls back to
// the old one, and nobody's login ends in a crash.
//
// No memory becomes executable, so that code is only what the executable brought along, and a
// program that is linked dynamically does not start. execve is on the list, for the image worker: a
// filter cannot see a path, and what is executed keeps this filter, has no capability and gains
// none; where the kernel has Landlock, it can be no other file (landlock.h).
//
// Puts the filter in place, for all threads and for good; an errno, 0 when it is there.
int filter_server_calls();

}  // namespace authd::server
