// Whether to give up long work. The worker asks between two pieces of work.
#pragma once

#include <functional>

#include "base/result.h"

namespace authd {

// Thread-safe and quick. Empty: never.
using Stopping = std::function<bool()>;

inline bool is_asked(const Stopping& stopping) {
  return stopping && stopping();
}

// Work that gives up returns this. The caller knows why, because it asked for it.
inline Error given_up() {
  return Error{ErrorCode::unavailable, "given up, because authd is stopping"};
}

}  // namespace authd
