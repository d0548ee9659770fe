#include "server/process/system_calls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "support/forked.h"
#include "support/temp_dir.h"

using namespace authd;
using test::is_killed;

namespace {

// The wait status of a process that acts behind the server's filter.
int status_behind_filter(FunctionRef<int()> act) {
  return test::status_behind([] { return server::filter_server_calls(); }, act);
}

bool is_done(int status) {
  return test::is_exit(status, 42);
}

bool kills(long number) {
  return is_killed(status_behind_filter([number] {
    syscall(number, 0, 0, 0, 0, 0, 0);
    return 42;
  }));
}

// The errno that a call returns.
int refusal(FunctionRef<long()> call) {
  const int status = status_behind_filter([&] {
    errno = 0;
    return call() == -1 ? errno : 0;
  });
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("what only an intruder would call kills the server") {
  if (!SyscallFilter::is_possible()) return;
  for (const long number : {__NR_ptrace,       __NR_process_vm_readv, __NR_process_vm_writev,
                            __NR_mount,        __NR_umount2,          __NR_unshare,
                            __NR_setns,        __NR_chroot,           __NR_pivot_root,
                            __NR_bpf,          __NR_kexec_load,       __NR_init_module,
                            __NR_finit_module, __NR_userfaultfd,      __NR_perf_event_open,
                            __NR_keyctl,       __NR_add_key,          __NR_setuid,
                            __NR_setresuid,    __NR_setgid,           __NR_open_by_handle_at,
                            __NR_execveat,     __NR_reboot,           __NR_clock_settime}) {
    INFO("system call " << number);
    CHECK(kills(number));
  }
}

TEST_CASE("what the server has no use for is answered as by an older kernel") {
  if (!SyscallFilter::is_possible()) return;
  CHECK(refusal([] { return syscall(__NR_memfd_create, "x", 0); }) == ENOSYS);
  CHECK(refusal([] { return syscall(__NR_listen, 0, 1); }) == ENOSYS);
  CHECK(refusal([] { return syscall(__NR_symlinkat, "a", AT_FDCWD, "b"); }) == ENOSYS);
  CHECK(refusal([] { return syscall(__NR_mknodat, AT_FDCWD, "x", 0, 0); }) == ENOSYS);
  CHECK(refusal([] { return syscall(__NR_inotify_init1, 0); }) == ENOSYS);
  CHECK(refusal([] { return syscall(5000); }) == ENOSYS);
}

TEST_CASE("memory does not become executable behind the server's filter") {
  if (!SyscallFilter::is_possible()) return;
  const auto map = [](int protection) {
    return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  CHECK(refusal([&] { return map(PROT_READ | PROT_EXEC) == MAP_FAILED ? -1 : 0; }) == EACCES);
  CHECK(refusal([&] {
          void* page = map(PROT_READ | PROT_WRITE);
          return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
        }) == EACCES);
  CHECK(refusal([&] {
          void* page = map(PROT_READ | PROT_WRITE);
          return page == MAP_FAILED ? 1 : mprotect(page, 4096, PROT_READ);
        }) == 0);
}

TEST_CASE("sockets are of the kinds that the server uses") {
  if (!SyscallFilter::is_possible()) return;
  struct Kind {
    int family, type, protocol;
  };
  const auto refused = [](const Kind& kind) {
    return refusal([&] { return socket(kind.family, kind.type, kind.protocol); }) == EAFNOSUPPORT;
  };
  for (const Kind& kind :
       {Kind{AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0},
        Kind{AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0},
        Kind{AF_INET, SOCK_STREAM, IPPROTO_TCP},
        Kind{AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP}, Kind{AF_INET6, SOCK_STREAM, 0},
        Kind{AF_INET6, SOCK_DGRAM, 0}, Kind{AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE}}) {
    CAPTURE(kind.family, kind.type, kind.protocol);
    CHECK_FALSE(refused(kind));
  }
  constexpr int kMptcp = 262;
  for (const Kind& kind :
       {Kind{AF_PACKET, SOCK_RAW, 0}, Kind{AF_ALG, SOCK_SEQPACKET, 0},
        Kind{AF_VSOCK, SOCK_STREAM, 0}, Kind{AF_INET, SOCK_RAW, IPPROTO_TCP},
        Kind{AF_INET6, SOCK_RAW, IPPROTO_ICMPV6}, Kind{AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
        Kind{AF_INET, SOCK_STREAM, IPPROTO_SCTP}, Kind{AF_INET6, SOCK_STREAM, kMptcp},
        Kind{AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE}, Kind{AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
        Kind{AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}}) {
    CAPTURE(kind.family, kind.type, kind.protocol);
    CHECK(refused(kind));
  }
  CHECK(refusal([] {
          int ends[2];
          return socketpair(AF_INET, SOCK_STREAM, 0, ends);
        }) == EAFNOSUPPORT);
}

TEST_CASE("what the server has taken from itself does not come back") {
  if (!SyscallFilter::is_possible()) return;
  CHECK(refusal([] { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }) == EINVAL);
  CHECK(refusal([] { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }) == 0);
  CHECK(refusal([] { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }) == 0);
  for (const int option :
       {PR_SET_PTRACER, PR_SET_MM, PR_SET_SECUREBITS, PR_SET_SECCOMP, PR_CAP_AMBIENT,
        PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, PR_SET_DUMPABLE | 1 << 30}) {
    CAPTURE(option);
    CHECK(refusal([&] { return prctl(option, 1, 0, 0, 0); }) == EINVAL);
  }
}

TEST_CASE("limits are its own, and signals reach others only to end them") {
  if (!SyscallFilter::is_possible()) return;
  const pid_t other = getpid();
  CHECK(refusal([&] {
          rlimit found{};
          return prlimit(other, RLIMIT_NOFILE, nullptr, &found);
        }) == EPERM);
  CHECK(refusal([] {
          rlimit found{};
          if (getrlimit(RLIMIT_NOFILE, &found) != 0) return -1;
          return setrlimit(RLIMIT_NOFILE, &found);  // The image worker lowers its own limits.
        }) == 0);
  for (const int signal : {0, SIGSTOP, SIGTERM, SIGHUP}) {
    CAPTURE(signal);
    CHECK(refusal([&] { return kill(other, signal); }) == EPERM);
    CHECK(refusal([&] { return kill(-1, signal); }) == EPERM);
    CHECK(refusal([&] { return syscall(__NR_tgkill, other, other, signal); }) == EPERM);
  }
  CHECK(refusal([] { return kill(-1, SIGKILL); }) == EPERM);
  CHECK(refusal([] { return syscall(__NR_tkill, gettid(), 0); }) == ENOSYS);
  CHECK(refusal([] { return kill(getpid(), 0); }) == 0);
  CHECK(refusal([] { return raise(SIGURG); }) == 0);
  CHECK(is_done(status_behind_filter([] {
    const pid_t child = fork();
    if (child == 0) {
      // The filter refuses pause(), so the child must not rely on a call to wait.
      for (;;)
        sched_yield();
    }
    int status = 0;
    if (kill(child, SIGKILL) != 0 || waitpid(child, &status, 0) != child) return 1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 42 : 2;
  })));
  const int aborted = status_behind_filter([] {
    abort();
    return 0;
  });
  CHECK((WIFSIGNALED(aborted) && WTERMSIG(aborted) == SIGABRT));
}

TEST_CASE("no namespace and no typing into a terminal") {
  if (!SyscallFilter::is_possible()) return;
  CHECK(refusal([] {
          return syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
        }) == EPERM);
  CHECK(refusal([] {
          char letter = 'x';
          return ioctl(STDIN_FILENO, TIOCSTI, &letter);
        }) == ENOTTY);
}

TEST_CASE("a program that is linked dynamically does not start behind the server's filter") {
  if (!SyscallFilter::is_possible()) return;
  const int status = status_behind_filter([] {
    close(STDERR_FILENO);  // The loader complains.
    return execl("/bin/true", "true", nullptr);
  });
  CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("threads, files, sockets, names and processes work behind the server's filter") {
  if (!SyscallFilter::is_possible()) return;
  const test::TempDir directory;
  REQUIRE(chdir(directory.path().c_str()) == 0);
  CHECK(is_done(status_behind_filter([] {
    int sum = 0;
    std::thread([&] { sum = 42; }).join();
    return sum;
  })));
  CHECK(is_done(status_behind_filter([] {
    const int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || pwrite(fd, "abcd", 4, 0) != 4 || fdatasync(fd) != 0 || ftruncate(fd, 8192) != 0)
      return 1;
    void* page = mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || mremap(page, 8192, 4096, MREMAP_MAYMOVE) == MAP_FAILED) return 2;
    if (rename("file", "other") != 0 || link("other", "third") != 0 || unlink("other") != 0)
      return 3;
    if (mkdir("folder", 0700) != 0 || rmdir("folder") != 0 || unlink("third") != 0) return 4;
    return 42;
  })));
  CHECK(is_done(status_behind_filter([] {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || send(ends[0], "x", 1, 0) != 1) return 1;
    pollfd waiting{ends[1], POLLIN, 0};
    char byte = 0;
    if (poll(&waiting, 1, -1) != 1 || recv(ends[1], &byte, 1, 0) != 1) return 2;
    addrinfo* found = nullptr;
    if (getaddrinfo("localhost", "80", nullptr, &found) != 0) return 3;
    freeaddrinfo(found);
    return 42;
  })));
  CHECK(is_done(status_behind_filter([] {
    const pid_t child = fork();
    if (child == 0) _exit(7);
    int status = 0;
    return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7 ? 42 : 1;
  })));
  REQUIRE(chdir("/") == 0);
  CHECK(std::filesystem::is_empty(directory.path()));
}
