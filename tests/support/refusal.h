// How a call ended, in one word.
#pragma once

#include <string>

#include "base/result.h"

namespace authd::test {

// "ok", or the name of the refusal.
template <typename T>
std::string name_of(const Result<T>& result) {
  return result ? "ok" : result.error().name;
}

}  // namespace authd::test
