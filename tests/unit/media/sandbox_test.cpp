#include "media/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/function_ref.h"

using namespace authd;
using namespace authd::media;

namespace {

// The wait status of a process that enters the sandbox and acts there.
int status_in_cage(FunctionRef<int()> act, const CageLimits& limits = {}) {
  const pid_t pid = fork();
  if (pid == 0) {
    for (const int deadly : {SIGSEGV, SIGABRT, SIGSYS, SIGXCPU})
      signal(deadly, SIG_DFL);  // Catch has its own handlers.
    if (!enter_cage(limits)) _exit(99);
    _exit(act());
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return status;
}

bool is_killed(int status, int signal = SIGSYS) {
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

bool is_exit(int status, int code) {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

}  // namespace

TEST_CASE("a process in the cage can compute, read and write") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const auto act = [&] {
    std::string memory(20 << 20, 'x');
    memory.resize(30 << 20, 'y');
    // Of the open descriptors only 0 and 1 remain. Reading another is just an error.
    char byte = 0;
    return read(pipe_ends[0], &byte, 1) < 0 && write(pipe_ends[1], &byte, 1) < 0 &&
                   memory.back() == 'y'
               ? 42
               : 1;
  };
  // Threads and heap of earlier tests count too.
  const int status = status_in_cage(act, {.address_space = size_t{4} << 30});
  CHECK(is_exit(status, 42));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_CASE("nothing else is let through") {
  if (!is_cage_whole()) return;  // a sanitizer needs too much
  CHECK(is_killed(status_in_cage([] { return open("/etc/passwd", O_RDONLY) < 0 ? 1 : 0; })));
  CHECK(is_killed(status_in_cage([] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : 0; })));
  CHECK(is_killed(status_in_cage([] { return fork() < 0 ? 1 : 0; })));
  CHECK(is_killed(status_in_cage([] { return execl("/bin/true", "true", nullptr); })));
  CHECK(is_killed(status_in_cage([] { return kill(getppid(), 0); })));
  CHECK(
      is_killed(status_in_cage([] { return static_cast<int>(syscall(SYS_ptrace, 0, 0, 0, 0)); })));
  CHECK(is_killed(status_in_cage([] { return close(0); })));
  CHECK(is_killed(status_in_cage([] { return unlink("/tmp/no-such-file-of-authd"); })));
  CHECK(is_killed(status_in_cage([] {
    void* page =
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 1 : 0;
  })));
  CHECK(is_killed(status_in_cage(
      [] { return mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, 0, 0) == MAP_FAILED ? 1 : 0; })));
#if defined(__x86_64__)
  // The same call by the numbers of x32.
  CHECK(
      is_killed(status_in_cage([] { return static_cast<int>(syscall(0x40000000 | SYS_getpid)); })));
#endif
}

TEST_CASE("memory and time end") {
  CHECK(is_killed(status_in_cage(
                      [] {
                        volatile bool goes_on = true;
                        while (goes_on) {
                        }
                        return 0;
                      },
                      {.cpu_seconds = 1}),
                  SIGKILL));
  if (!is_cage_whole()) return;
  CHECK(is_exit(status_in_cage([] {
                  void* much = mmap(nullptr, 200 << 20, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  return much == MAP_FAILED ? 42 : 1;
                }),
                42));
}
