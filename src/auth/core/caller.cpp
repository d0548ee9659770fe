#include "auth/core/caller.h"

#include <algorithm>

#include "base/refusal.h"

namespace authd::auth {

bool Claims::has_scope(std::string_view wanted) const {
  std::string_view rest = scope;
  while (!rest.empty()) {
    const size_t space = rest.find(' ');
    if (rest.substr(0, space) == wanted) return true;
    if (space == std::string_view::npos) return false;
    rest.remove_prefix(space + 1);
  }
  return false;
}

bool Caller::has_role(std::string_view name) const {
  const auto& held = roles();
  return std::find(held.begin(), held.end(), name) != held.end();
}

Error invalid_token() {
  return refused(ErrorCode::unauthenticated, "invalid_token",
                 "The token is invalid or has expired.");
}

Error invalid_session() {
  return refused(ErrorCode::unauthenticated, "invalid_session",
                 "The session is over; sign in again.");
}

}  // namespace authd::auth
