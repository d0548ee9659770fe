// What happens to a process that confines itself and then acts.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/function_ref.h"

namespace authd::test {

// The wait status of a child that, without new privileges, does `lock` (0 or an errno) and exits
// with what `act` returns.
inline int status_behind(FunctionRef<int()> lock, FunctionRef<int()> act) {
  const pid_t pid = fork();
  if (pid == 0) {
    for (const int deadly : {SIGSYS, SIGABRT, SIGSEGV})
      signal(deadly, SIG_DFL);  // Catch has its own handlers.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(98);
    if (lock() != 0) _exit(99);
    _exit(act());
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return status;
}

inline bool is_killed(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

inline bool is_exit(int status, int code) {
  return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

}  // namespace authd::test
