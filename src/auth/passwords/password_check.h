// Checks whether a password belongs to an account; all password checks use this.
#pragma once

#include <optional>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The same error for a login with an unknown name or a wrong password.
Error wrong_credentials();
// True when the password is the user's. Costs the same if there is no user or no password hash.
Result<bool> verify_password(const Services& s, const std::optional<tables::User>& user,
                             const Password& password);
// Refuses the user's current password as the new one. This costs a hash, so only call it for
// somebody who has presented a session or a mailed link of the account. Error: `invalid`,
// "password_unchanged", with the field.
Result<void> check_is_other_password(const Services& s, const tables::User& user,
                                     const Password& password, std::string_view field);
// The error for a new password that equals the old one.
Error password_unchanged(std::string_view field);

}  // namespace authd::auth
