// The cage of a process that reads hostile bytes. Linux only, x86-64 and arm64
// (base/syscall_filter.h).
#pragma once

#include <cstddef>

namespace authd::media {

struct CageLimits {
  size_t address_space = 128 << 20;
  unsigned cpu_seconds = 5;
};

// Closes every descriptor but 0 and 1 and gives everything else up, for good: no file, process or
// thread can be made, no memory beyond the limit, no processor time beyond it; every system call
// but read, write, the end of the process and those of plain memory kills the process (SIGSYS).
// False when the machine does not grant all of that: then the process must not go on.
//
// Under a sanitizer, which needs what is taken here, only descriptors and processor time are.
bool enter_cage(const CageLimits& limits);

// Whether this build's cage has its system call filter and memory limit.
bool is_cage_whole();

}  // namespace authd::media
