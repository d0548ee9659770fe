// Named functions that build an Error and leave its other members empty.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace authd {

// A refusal with its own name in place of default_name(code).
inline Error refused(ErrorCode code, std::string_view name, std::string message) {
  return Error{.code = code, .message = std::move(message), .name = std::string(name)};
}

}  // namespace authd
