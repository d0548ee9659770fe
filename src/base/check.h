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
