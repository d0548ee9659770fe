#include "child_process.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace authd::test {
namespace {

constexpr const char* kArgument = "AUTHD_TEST_ARGUMENT";

}  // namespace

ChildProcess::ChildProcess(const std::string& test_case, const std::string& argument,
                           uint64_t address_space) {
  const std::string variable = std::string(kArgument) + "=" + argument;
  std::vector<char*> environment = {const_cast<char*>(variable.c_str())};
  for (char** entry = environ; *entry != nullptr; ++entry)
    environment.push_back(*entry);
  environment.push_back(nullptr);
  const char* const arguments[] = {"child", test_case.c_str(), nullptr};
  // vfork is not needed: between fork and exec only calls that are safe after it.
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  if (address_space > 0) {
    const rlimit limit{address_space, address_space};
    setrlimit(RLIMIT_AS, &limit);
  }
  execve("/proc/self/exe", const_cast<char* const*>(arguments), environment.data());
  _exit(127);
}

ChildProcess::~ChildProcess() {
  kill();
}

void ChildProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool ChildProcess::passed() {
  int status = 0;
  const int waited = waitpid(pid_, &status, 0);
  pid_ = -1;
  return waited > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string child_argument() {
  const char* argument = std::getenv(kArgument);
  if (argument == nullptr) throw std::runtime_error("this case runs in a child process only");
  return argument;
}

}  // namespace authd::test
