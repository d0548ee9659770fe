// A target in the form that libFuzzer expects (https://llvm.org/docs/LibFuzzer.html).
#include <cstdlib>

#include "target.h"

// The names are the library's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (const auto code = authd::fuzz::begin(*argc, *argv)) std::_Exit(*code);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > authd::fuzz::kMaxInput) return -1;  // of no use in the corpus
  authd::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
// NOLINTEND(readability-identifier-naming)
