// CHECK is for bugs: a condition that only wrong code can break. It prints file, line and the
// condition to stderr and aborts; systemd restarts the service. Never use it on input.
#pragma once

namespace authd {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) ::authd::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

// Where no correct program comes. A compiler that optimises nothing sees that it never returns,
// which it does not see of CHECK(false).
#define UNREACHABLE() ::authd::check_failed(__FILE__, __LINE__, "unreachable")
