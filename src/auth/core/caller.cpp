#include "auth/core/caller.h"

#include <algorithm>

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
  return Error{
      ErrorCode::unauthenticated, "The token is invalid or has expired.", {}, "invalid_token"};
}

Error invalid_session() {
  return Error{
      ErrorCode::unauthenticated, "The session is over; sign in again.", {}, "invalid_session"};
}

}  // namespace authd::auth
