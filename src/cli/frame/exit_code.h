// Exit codes of commands.
#pragma once

#include "base/result.h"

namespace authd::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotFound = 3;
inline constexpr int kExists = 4;
inline constexpr int kUnavailable = 5;
inline constexpr int kChanges = 10;  // of `authd apply` with --dry-run or --exit-code

int exit_code_of(ErrorCode code);

}  // namespace authd::cli
