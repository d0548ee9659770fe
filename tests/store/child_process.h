// Another process for a test: a second run of this test program.
#pragma once

#include <cstdint>
#include <string>

namespace authd::test {

// Runs only the (hidden) test case of that name, with one argument that child_argument() returns
// there. Killed with SIGKILL when the object is destroyed.
class ChildProcess {
 public:
  // `address_space`, in bytes, limits the child; 0 does not.
  ChildProcess(const std::string& test_case, const std::string& argument,
               uint64_t address_space = 0);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const { return pid_; }
  void kill();
  // Waits for its end; true if its test case passed.
  bool passed();

 private:
  int pid_ = -1;
};

// In the child. Throws if there is none: a hidden case that was started by hand does nothing.
std::string child_argument();

}  // namespace authd::test
