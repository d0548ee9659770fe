#include "store/limits.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

using namespace authd;
using namespace authd::store;

namespace {

template <typename Check>
std::optional<FaultKind> fault_of(Check check) {
  try {
    check();
  } catch (const Fault& fault) {
    return fault.kind();
  }
  return std::nullopt;
}

// Whether a process that runs `work` is aborted.
template <typename Work>
bool aborts(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    close(STDERR_FILENO);  // Keeps CHECK's output out of the tests' log.
    std::signal(SIGABRT, SIG_DFL);
    work();
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("keys have 1 to 511 bytes") {
  CHECK(fault_of([] { check_key(""); }) == FaultKind::limit);
  CHECK(fault_of([] { check_key("k"); }) == std::nullopt);
  CHECK(fault_of([] { check_key(std::string(511, 'k')); }) == std::nullopt);
  CHECK(fault_of([] { check_key(std::string(512, 'k')); }) == FaultKind::limit);
}

TEST_CASE("values have up to 100 KiB") {
  CHECK(fault_of([] { check_value(""); }) == std::nullopt);
  CHECK(fault_of([] { check_value(std::string(102'400, 'v')); }) == std::nullopt);
  CHECK(fault_of([] { check_value(std::string(102'401, 'v')); }) == FaultKind::limit);
}

TEST_CASE("a transaction has up to 100 writes") {
  CHECK(fault_of([] { check_write_count(100); }) == std::nullopt);
  CHECK(fault_of([] { check_write_count(101); }) == FaultKind::limit);
}

TEST_CASE("a transaction within a transaction of the same thread ends the process") {
  CHECK(aborts([] {
    const TransactionGuard outer;
    const TransactionGuard inner;
  }));
}

TEST_CASE("transactions may follow each other, and each thread has its own") {
  CHECK_FALSE(aborts([] {
    { const TransactionGuard first; }
    const TransactionGuard second;
    std::thread([] { const TransactionGuard of_another_thread; }).join();
  }));
}
