// What a command reads besides its arguments.
#pragma once

#include <string>

#include "base/file.h"

namespace authd::cli {

// The file, or standard input for "-". Errors: `not_found`, `unavailable`.
Result<UniqueFd> open_input(const std::string& file);

// All that is in it. Error: also `too_large`.
Result<std::string> read_input(const std::string& file, size_t max_bytes);

}  // namespace authd::cli
