// Memory that C++ code frees is overwritten first, so that no password or token stays behind in the
// free lists of the allocator. A string that held a secret may have been copied by a library, or
// outgrown by a longer one: every copy ends here, and nobody has to remember to wipe it. What this
// does not reach is memory that lives on, such as a buffer that is used again: see base/wipe.h.
//
// This file replaces the operators of the standard library for the whole executable
// ([new.delete.single]); the array and nothrow forms of the library call these. Not replaced: the
// forms for over-aligned types, none of which holds text, and malloc of libraries in C. A sanitizer
// has its own operators, which find more.
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AUTHD_KEEPS_OPERATORS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define AUTHD_KEEPS_OPERATORS
#endif
#endif

#ifndef AUTHD_KEEPS_OPERATORS

void* operator new(size_t size) {
  // No new_handler: nobody installs one, and running out of memory is reported at once.
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

void operator delete(void* memory, size_t size) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, size);
  std::free(memory);
}

#endif
