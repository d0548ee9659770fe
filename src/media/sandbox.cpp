#include "media/sandbox.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/syscall_filter.h"

namespace authd::media {
namespace {

constexpr int kNice = 10;  // lower priority than logins

// Every call but those for input, output, exit and plain memory (not of a file, not executable)
// kills the process.
int filter_calls() {
  SyscallFilter filter;
  filter.give({__NR_read, __NR_write, __NR_brk, __NR_munmap, __NR_mremap, __NR_madvise,
               __NR_exit_group, __NR_exit},
              Verdict::allow());
  filter.give_if_bits(__NR_mmap,
                      {{.argument = 2, .bits = PROT_EXEC, .wanted = 0},
                       {.argument = 3, .bits = MAP_ANONYMOUS, .wanted = MAP_ANONYMOUS}},
                      Verdict::allow(), Verdict::kill());
  return filter.install(Verdict::kill());
}

bool close_above(unsigned last) {
#ifdef __NR_close_range
  if (syscall(__NR_close_range, last + 1, ~0u, 0) == 0) return true;
#endif
  rlimit limit{};  // Linux before 5.9
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  constexpr rlim_t kMost = 1 << 20;
  for (rlim_t fd = last + 1; fd < std::min(limit.rlim_cur, kMost); ++fd)
    close(static_cast<int>(fd));
  return true;
}

template <typename Which>
bool limit(Which which, rlim_t most) {
  const rlimit both{most, most};
  return setrlimit(which, &both) == 0;
}

}  // namespace

bool is_cage_whole() {
  return SyscallFilter::is_possible();
}

bool enter_cage(const CageLimits& limits) {
  // Best effort: priority is not a matter of safety.
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));
  if (!close_above(STDOUT_FILENO)) return false;
  if (!limit(RLIMIT_CPU, limits.cpu_seconds) || !limit(RLIMIT_CORE, 0)) return false;
  if (!is_cage_whole()) return true;
  if (!limit(RLIMIT_AS, limits.address_space) || !limit(RLIMIT_FSIZE, 0) ||
      !limit(RLIMIT_NOFILE, 0) || !limit(RLIMIT_NPROC, 0)) {
    return false;
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return filter_calls() == 0;
}

}  // namespace authd::media
