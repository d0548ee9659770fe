#include "base/result.h"

namespace authd {

std::string_view default_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed: return "malformed_request";
    case ErrorCode::invalid: return "invalid_value";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::forbidden: return "forbidden";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "already_exists";
    case ErrorCode::too_large: return "too_large";
    case ErrorCode::unsupported: return "unsupported";
    case ErrorCode::rate_limited: return "rate_limited";
    case ErrorCode::busy: return "busy";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::usage: return "usage";
  }
  __builtin_unreachable();
}

}  // namespace authd
