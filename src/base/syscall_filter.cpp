#include "base/syscall_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "base/check.h"

namespace authd {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;  // Add its AUDIT_ARCH_ here.
#endif

constexpr size_t kMaxProgram = 4096;  // the kernel's limit (BPF_MAXINSNS)

// Offsets into what the kernel shows of a system call.
constexpr uint32_t kNumberAt = offsetof(seccomp_data, nr);
constexpr uint32_t kArchitectureAt = offsetof(seccomp_data, arch);
constexpr uint32_t argument_at(uint32_t index) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + size_t{index} * 8);
}

constexpr sock_filter load(uint32_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}
constexpr sock_filter keep_bits(uint32_t bits) {
  return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits);
}
constexpr sock_filter give_back(Verdict verdict) {
  return BPF_STMT(BPF_RET | BPF_K, verdict.code);
}
// Skips `skipped` instructions unless the loaded value is `value`.
constexpr sock_filter unless_equal(uint32_t value, uint8_t skipped) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
}

}  // namespace

Verdict Verdict::allow() {
  return {SECCOMP_RET_ALLOW};
}

Verdict Verdict::kill() {
  return {SECCOMP_RET_KILL_PROCESS};
}

Verdict Verdict::refuse(int error_number) {
  return {SECCOMP_RET_ERRNO | (static_cast<uint32_t>(error_number) & SECCOMP_RET_DATA)};
}

SyscallFilter::SyscallFilter() {
  constexpr uint8_t kNext = 1;
  program_ = {load(kArchitectureAt), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, kNext, 0),
              give_back(Verdict::kill()), load(kNumberAt)};
#if defined(__x86_64__)
  constexpr uint32_t kX32 = 0x40000000;
  // -1 is what a tracer sets to skip a call, and has that bit as well.
  program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ~0u, 2, 0));
  program_.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kX32, 0, kNext));
  program_.push_back(give_back(Verdict::kill()));
#endif
}

void SyscallFilter::unless_call(int call, size_t skipped) {
  CHECK(skipped <= UINT8_MAX);
  program_.push_back(unless_equal(static_cast<uint32_t>(call), static_cast<uint8_t>(skipped)));
}

void SyscallFilter::give(std::initializer_list<int> calls, Verdict verdict) {
  for (const int call : calls) {
    unless_call(call, 1);
    program_.push_back(give_back(verdict));
  }
}

void SyscallFilter::give_if_bits(int call, std::initializer_list<BitTest> tests, Verdict verdict,
                                 Verdict otherwise) {
  give_if_any(call, {tests}, verdict, otherwise);
}

void SyscallFilter::give_if_any(int call,
                                std::initializer_list<std::initializer_list<BitTest>> alternatives,
                                Verdict verdict, Verdict otherwise) {
  constexpr size_t kPerTest = 3;
  size_t length = 1;
  for (const auto& tests : alternatives)
    length += tests.size() * kPerTest + 1;
  unless_call(call, length);
  for (const auto& tests : alternatives) {
    size_t left = tests.size();
    for (const BitTest& test : tests) {
      left -= 1;
      program_.push_back(load(argument_at(test.argument)));
      program_.push_back(keep_bits(test.bits));
      // Jumps to the next alternative, past the remaining tests and the verdict.
      program_.push_back(
          unless_equal(test.wanted & test.bits, static_cast<uint8_t>(left * kPerTest + 1)));
    }
    program_.push_back(give_back(verdict));
  }
  program_.push_back(give_back(otherwise));
}

void SyscallFilter::give_if_value(int call, uint32_t argument,
                                  std::initializer_list<uint32_t> values, Verdict verdict,
                                  Verdict otherwise) {
  unless_call(call, 1 + values.size() * 2 + 1);
  program_.push_back(load(argument_at(argument)));
  for (const uint32_t value : values) {
    program_.push_back(unless_equal(value, 1));
    program_.push_back(give_back(verdict));
  }
  program_.push_back(give_back(otherwise));
}

int SyscallFilter::install(Verdict otherwise) const {
  if (kArchitecture == 0) return ENOSYS;
  std::vector<sock_filter> program = program_;
  program.push_back(give_back(otherwise));
  CHECK(program.size() <= kMaxProgram);
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  // Before 5.16, a kernel slows down the memory accesses of a process that has a filter (against
  // speculation). The flag tells it that no untrusted code runs here.
  unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  long done = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);
  if (done < 0 && errno == EINVAL) {  // before 4.17
    flags = SECCOMP_FILTER_FLAG_TSYNC;
    done = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);
  }
  if (done < 0) return errno;
  return done == 0 ? 0 : EBUSY;  // A thread that has another filter.
}

bool SyscallFilter::is_possible() {
  return !kIsSanitized;
}

}  // namespace authd
