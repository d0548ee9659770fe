// Overwrites bytes that may be a secret where the memory is reused. Freed memory does not need
// this: freed_memory.cpp overwrites all of it.
#pragma once

#include <cstddef>

namespace authd {

// Overwrites the bytes in a way that the compiler keeps.
void wipe(char* bytes, size_t count);

// Overwrites the part of the stack that functions called by the caller have used, down to
// kWipedStack bytes: a short std::string has its text there, and leaves it behind. For threads that
// are done with a secret and wait for the next one. Takes about a microsecond.
void wipe_stack();
inline constexpr size_t kWipedStack = size_t{32} * 1024;

}  // namespace authd
