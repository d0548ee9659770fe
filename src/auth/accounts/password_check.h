// Whether a password is the account's; every check of one goes this way.
#pragma once

#include <optional>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The one refusal of a login with a wrong name or password.
Error wrong_credentials();
// True when the password is the user's. Costs the same without a user or a password hash.
Result<bool> verify_password(const Services& s, const std::optional<tables::User>& user,
                             const Password& password);
// Refuses the password that the user has already, which costs a hash: only for somebody who has
// shown a session or a link of the account. Error: `invalid`, "password_unchanged", with the field.
Result<void> check_is_other_password(const Services& s, const tables::User& user,
                                     const Password& password, std::string_view field);
// The refusal of a new password that is the old one.
Error password_unchanged(std::string_view field);

}  // namespace authd::auth
