// The sandbox of a process that reads hostile bytes. Linux only, x86-64 and arm64
// (base/syscall_filter.h).
#pragma once

#include <cstddef>

namespace authd::media {

struct CageLimits {
  size_t address_space = 128 << 20;
  unsigned cpu_seconds = 5;
};

// Closes every descriptor but 0 and 1 and gives up everything else, for good: no file, process or
// thread can be created, and memory and processor time are limited. Any system call but read,
// write, exit and plain memory management kills the process (SIGSYS). False if the machine does not
// grant all of that: the process must then stop.
//
// A sanitizer needs some of these, so under one only descriptors and processor time are limited.
bool enter_cage(const CageLimits& limits);

// Whether this build's sandbox has its system call filter and memory limit.
bool is_cage_whole();

}  // namespace authd::media
