#include "base/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using authd::describe_process;

TEST_CASE("a process is named by its number, its command, and whether it is stopped") {
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, WUNTRACED) == child);
  REQUIRE(WIFSTOPPED(status));
  const std::string stopped = describe_process(child);
  CHECK(stopped.starts_with("process " + std::to_string(child) + " ("));
  CHECK(stopped.find("unit_base") != std::string::npos);
  CHECK(stopped.ends_with("stopped)"));
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(describe_process(child) == "process " + std::to_string(child));
}

TEST_CASE("a thread is named by its process") {
  CHECK(describe_process(gettid()).starts_with("process " + std::to_string(getpid()) + " ("));
}
