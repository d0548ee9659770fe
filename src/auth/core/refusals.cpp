#include "auth/core/refusals.h"

#include "base/refusal.h"

namespace authd::auth {

Error no_such_user() {
  return Error{ErrorCode::not_found, "There is no such user."};
}

Error no_such_session() {
  return Error{ErrorCode::not_found, "There is no such session."};
}

Error no_such_role(std::string_view name, std::string_view field) {
  return Error{ErrorCode::not_found, "There is no role \"" + std::string(name) + "\".",
               std::string(field)};
}

Error account_changed() {
  return refused(ErrorCode::conflict, "account_changed",
                 "The account has just changed; try again.");
}

}  // namespace authd::auth
