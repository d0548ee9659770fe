// Which system calls a process may make from now on (seccomp(2)), as a list of calls and verdicts.
// Linux only, x86-64 and arm64.
//
//   SyscallFilter filter;
//   filter.give({__NR_read, __NR_write}, Verdict::allow());
//   filter.give_if_bits(__NR_mmap, {{.argument = 2, .bits = PROT_EXEC, .wanted = 0}},
//                       Verdict::allow(), Verdict::refuse(EACCES));
//   if (filter.install(Verdict::kill()) != 0) …
//
// Calls are checked in the order in which they are given, so the most frequent ones come first.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace authd {

struct Verdict {
  uint32_t code = 0;

  static Verdict allow();
  static Verdict kill();  // the whole process, with SIGSYS
  static Verdict refuse(int error_number);
};

class SyscallFilter {
 public:
  // Of the bits of an argument's lower half, those that must have the value `wanted`.
  struct BitTest {
    uint32_t argument = 0;  // from 0 on
    uint32_t bits = 0;
    uint32_t wanted = 0;
  };
  // All bits: the argument's lower half is this value.
  static constexpr BitTest equals(uint32_t argument, uint32_t value) {
    return {argument, ~uint32_t{0}, value};
  }

  // Calls by the numbers of another architecture (on x86-64: of 32 bits and of x32) kill.
  SyscallFilter();

  void give(std::initializer_list<int> calls, Verdict verdict);
  // `verdict` when all of the tests hold, else `otherwise`.
  void give_if_bits(int call, std::initializer_list<BitTest> tests, Verdict verdict,
                    Verdict otherwise);
  // `verdict` when all tests of one of the alternatives hold, else `otherwise`.
  void give_if_any(int call, std::initializer_list<std::initializer_list<BitTest>> alternatives,
                   Verdict verdict, Verdict otherwise);
  // `verdict` when the lower half of the argument is one of `values`, else `otherwise`.
  void give_if_value(int call, uint32_t argument, std::initializer_list<uint32_t> values,
                     Verdict verdict, Verdict otherwise);

  // Applies to all threads of the process and everything that it starts, permanently; `otherwise`
  // applies to calls that were not given. The process must have given up new privileges
  // (PR_SET_NO_NEW_PRIVS). Returns an errno, 0 if the filter is in force; ENOSYS on an unknown
  // architecture.
  int install(Verdict otherwise) const;

  // Whether this build works with a filter: the runtime of a sanitizer makes its own calls, to
  // inspect threads from outside and its own maps, which a filter would stop.
  static bool is_possible();

 private:
  void unless_call(int call, size_t skipped);

  std::vector<sock_filter> program_;
};

}  // namespace authd
