#include "base/wipe.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <new>
#include <string_view>

#include "base/syscall_filter.h"

using namespace authd;

namespace {

constexpr size_t kSize = 1000;

// As far as the compiler knows, somebody may use it.
void use(void* memory) {
  asm volatile("" : : "r"(memory) : "memory");
}

size_t secrets_in(const void* memory) {
  const auto* bytes = static_cast<const char*>(memory);
  return static_cast<size_t>(std::count(bytes, bytes + kSize, 's'));
}

}  // namespace

TEST_CASE("memory that is freed comes back without what it held") {
  if (!SyscallFilter::is_possible()) return;  // A sanitizer has its own operators.
  for (const bool knows_size : {true, false}) {
    void* first = ::operator new(kSize);
    std::memset(first, 's', kSize);
    use(first);
    if (knows_size) {
      ::operator delete(first, kSize);
    } else {
      ::operator delete(first);
    }
    void* second = ::operator new(kSize);
    use(second);
    CHECK(second == first);  // otherwise the next line proves nothing
    CHECK(secrets_in(second) == 0);
    ::operator delete(second);
  }
}

TEST_CASE("bytes are wiped where they are, and only these") {
  char text[] = "password and more";
  wipe(text, 8);
  use(text);
  CHECK(std::string_view(text, 8) == std::string_view("\0\0\0\0\0\0\0\0", 8));
  CHECK(std::string_view(text + 8) == " and more");
  wipe(text, 0);
}
