// What a command reads besides its arguments.
#pragma once

#include <string>

#include "base/file.h"

namespace authd::cli {

// The file, or standard input for "-". Errors: `not_found`, `unavailable`.
Result<UniqueFd> open_input(const std::string& file);

}  // namespace authd::cli
