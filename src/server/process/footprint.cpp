#include "server/process/footprint.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

// The linker sets these; the code between them is never written to.
extern "C" {
extern const char __executable_start;  // NOLINT(bugprone-reserved-identifier): its name
extern const char etext;
}

namespace authd::server {

void forget_startup_code() {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin =
      (reinterpret_cast<uintptr_t>(&__executable_start) + page - 1) / page * page;
  const uintptr_t end = reinterpret_cast<uintptr_t>(&etext) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace authd::server
