// Whether to give up long work. The worker asks between two pieces of it.
#pragma once

#include <functional>

#include "base/result.h"

namespace authd {

// Thread-safe and quick. Empty: never.
using Stopping = std::function<bool()>;

inline bool is_asked(const Stopping& stopping) {
  return stopping && stopping();
}

// What gives up returns this; who asked for it knows that it did.
inline Error given_up() {
  return Error{ErrorCode::unavailable, "given up, since authd ends"};
}

}  // namespace authd
