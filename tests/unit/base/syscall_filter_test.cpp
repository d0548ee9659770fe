#include "base/syscall_filter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/forked.h"

using namespace authd;
using test::is_exit;
using test::is_killed;

namespace {

// The wait status of a process that acts behind the filter.
int status_behind(const SyscallFilter& filter, Verdict otherwise, FunctionRef<int()> act) {
  return test::status_behind([&] { return filter.install(otherwise); }, act);
}

long call(long number, long first = 0, long second = 0, long third = 0) {
  return syscall(number, first, second, third);
}

}  // namespace

TEST_CASE("a listed call gets its verdict, and all others get the default") {
  if (!SyscallFilter::is_possible()) return;
  SyscallFilter filter;
  filter.give({__NR_exit_group, __NR_getppid}, Verdict::allow());
  filter.give({__NR_getuid}, Verdict::refuse(EOWNERDEAD));
  filter.give({__NR_getgid}, Verdict::kill());
  CHECK(is_exit(status_behind(filter, Verdict::refuse(ENOSYS),
                              [] {
                                if (call(__NR_getppid) < 0) return 1;
                                if (call(__NR_getuid) != -1 || errno != EOWNERDEAD) return 2;
                                if (call(__NR_getpid) != -1 || errno != ENOSYS) return 3;
                                return 42;
                              }),
                42));
  CHECK(is_killed(
      status_behind(filter, Verdict::allow(), [] { return static_cast<int>(call(__NR_getgid)); })));
  CHECK(is_killed(
      status_behind(filter, Verdict::kill(), [] { return static_cast<int>(call(__NR_getpid)); })));
}

TEST_CASE("a verdict may depend on bits of arguments, all of them, and on nothing else") {
  if (!SyscallFilter::is_possible()) return;
  SyscallFilter filter;
  filter.give_if_bits(
      __NR_lseek,
      {{.argument = 0, .bits = 0x6, .wanted = 0}, {.argument = 1, .bits = 0x30, .wanted = 0x20}},
      Verdict::refuse(ELOOP), Verdict::refuse(EDOM));
  const auto act = [] {
    const auto refusal = [](long first, long second) {
      return call(__NR_lseek, first, second) == -1 ? errno : 0;
    };
    if (refusal(0x9, 0x2f) != ELOOP || refusal(0, 0x20) != ELOOP) return 1;
    if (refusal(0x2, 0x20) != EDOM || refusal(0x4, 0x20) != EDOM) return 2;
    if (refusal(0, 0x30) != EDOM || refusal(0, 0x10) != EDOM || refusal(0, 0) != EDOM) return 3;
    return call(__NR_getppid) < 0 ? 4 : 42;
  };
  CHECK(is_exit(status_behind(filter, Verdict::allow(), act), 42));
}

TEST_CASE("a verdict may depend on any of several sets of tests") {
  if (!SyscallFilter::is_possible()) return;
  SyscallFilter filter;
  filter.give_if_any(__NR_lseek,
                     {{SyscallFilter::equals(0, 1)},
                      {SyscallFilter::equals(0, 2), SyscallFilter::equals(1, 5)},
                      {{.argument = 0, .bits = 0xf0, .wanted = 0x30}, SyscallFilter::equals(2, 6)}},
                     Verdict::refuse(ELOOP), Verdict::refuse(EDOM));
  const auto act = [] {
    const auto refusal = [](long first, long second, long third) {
      return call(__NR_lseek, first, second, third) == -1 ? errno : 0;
    };
    if (refusal(1, 0, 0) != ELOOP || refusal(2, 5, 0) != ELOOP || refusal(0x3f, 0, 6) != ELOOP)
      return 1;
    if (refusal(2, 0, 6) != EDOM || refusal(0, 5, 6) != EDOM || refusal(0x3f, 5, 0) != EDOM)
      return 2;
    return call(__NR_getppid) < 0 ? 3 : 42;
  };
  CHECK(is_exit(status_behind(filter, Verdict::allow(), act), 42));
}

TEST_CASE("a verdict may depend on the value of an argument") {
  if (!SyscallFilter::is_possible()) return;
  SyscallFilter filter;
  filter.give_if_value(__NR_lseek, 2, {7, 9}, Verdict::refuse(ELOOP), Verdict::refuse(EDOM));
  const auto act = [] {
    const auto refusal = [](long third) { return call(__NR_lseek, 7, 9, third) == -1 ? errno : 0; };
    if (refusal(7) != ELOOP || refusal(9) != ELOOP) return 1;
    return refusal(0) == EDOM && refusal(8) == EDOM && refusal(-1) == EDOM ? 42 : 2;
  };
  CHECK(is_exit(status_behind(filter, Verdict::allow(), act), 42));
}

#if defined(__x86_64__)
TEST_CASE("the numbers of another architecture do not lead around a filter") {
  if (!SyscallFilter::is_possible()) return;
  const SyscallFilter filter;
  constexpr long kX32 = 0x40000000;
  CHECK(is_killed(status_behind(filter, Verdict::allow(),
                                [] { return static_cast<int>(call(kX32 | __NR_getpid)); })));
  const int status = status_behind(filter, Verdict::allow(), [] {
    int result = 20;  // getpid(2) of 32 bits
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return 1;
  });
  // Some kernels have no calls of 32 bits: there, it is a fault like any other.
  CHECK((is_killed(status) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)));
  // The value with which a tracer skips a call is not a call.
  CHECK(
      is_exit(status_behind(filter, Verdict::allow(), [] { return call(-1) == -1 ? 42 : 1; }), 42));
}
#endif
