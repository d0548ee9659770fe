#include "cli/frame/exit_code.h"

namespace authd::cli {

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed:
    case ErrorCode::invalid:
    case ErrorCode::unauthenticated:
    case ErrorCode::forbidden:
    case ErrorCode::too_large:
    case ErrorCode::unsupported:
    case ErrorCode::rate_limited:
    case ErrorCode::busy: return kFailed;
    case ErrorCode::usage: return kUsage;
    case ErrorCode::not_found: return kNotFound;
    case ErrorCode::conflict: return kExists;
    case ErrorCode::unavailable: return kUnavailable;
  }
  __builtin_unreachable();
}

}  // namespace authd::cli
