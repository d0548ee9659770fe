#include "media/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace authd::media {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsWhole = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsWhole = false;
#else
constexpr bool kIsWhole = true;
#endif
#else
constexpr bool kIsWhole = true;
#endif

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name the architecture's AUDIT_ARCH_ here"
#endif

constexpr int kNice = 10;  // behind whoever is being logged in

// Offsets into what the kernel shows of a system call.
constexpr uint32_t kNumberAt = offsetof(seccomp_data, nr);
constexpr uint32_t kArchitectureAt = offsetof(seccomp_data, arch);
constexpr uint32_t argument_at(uint32_t index) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + size_t{index} * 8);  // its low half
}

constexpr sock_filter load(uint32_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}
constexpr sock_filter give(uint32_t verdict) {
  return BPF_STMT(BPF_RET | BPF_K, verdict);
}
// Skips `skipped` instructions unless what is loaded is `value`.
constexpr sock_filter unless_equal(uint32_t value, uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}
// Skips `skipped` instructions if what is loaded has one of the bits.
constexpr sock_filter if_any_bit(uint32_t bits, uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, skipped, 0);
}
constexpr sock_filter unless_any_bit(uint32_t bits, uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skipped);
}

// x86-64's calls of the x32 kind have other numbers, and are refused with all that is not named.
const std::array kFilter = {
    load(kArchitectureAt),
    unless_equal(kArchitecture, 1),
    load(kNumberAt),
    // Of a foreign architecture, what is loaded here is its name and no number of a call below.
    unless_equal(__NR_read, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_write, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_brk, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_munmap, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_mremap, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_madvise, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_exit_group, 1),
    give(SECCOMP_RET_ALLOW),
    unless_equal(__NR_exit, 1),
    give(SECCOMP_RET_ALLOW),
    // Memory, but none of a file and none to be executed.
    unless_equal(__NR_mmap, 5),
    load(argument_at(2)),
    if_any_bit(PROT_EXEC, 3),
    load(argument_at(3)),
    unless_any_bit(MAP_ANONYMOUS, 1),
    give(SECCOMP_RET_ALLOW),
    give(SECCOMP_RET_KILL_PROCESS),
};

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
  return kIsWhole;
}

bool enter_cage(const CageLimits& limits) {
  // Whether it can is the scheduler's business, and no matter of safety.
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNice));
  if (!close_above(STDOUT_FILENO)) return false;
  if (!limit(RLIMIT_CPU, limits.cpu_seconds) || !limit(RLIMIT_CORE, 0)) return false;
  if (!kIsWhole) return true;
  if (!limit(RLIMIT_AS, limits.address_space) || !limit(RLIMIT_FSIZE, 0) ||
      !limit(RLIMIT_NOFILE, 0) || !limit(RLIMIT_NPROC, 0)) {
    return false;
  }
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  auto filter = kFilter;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace authd::media
