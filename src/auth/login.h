// Logging in by password, and changing it. Look, work, decide: the account is read, the password is
// checked on the password lane without any transaction, and what was read is checked again in the
// write that decides.
#pragma once

#include <optional>
#include <string>

#include "auth/services.h"
#include "auth/sessions.h"

namespace authd::auth {

// A new session for the account whose username or email is `login` (with '@': the email). Error:
// `unauthenticated`, "invalid_credentials", one text and equal work for an unknown account and a
// wrong password; `forbidden`, "account_disabled", only after the right password; `busy` when the
// lane is full. A hash of a foreign form or of older parameters is replaced on the way.
Result<Tokens> log_in(const Services& s, std::string_view login, const Password& password,
                      const Origin& origin);

// Replaces the password by its owner, who knows the old one. Ends all sessions but `keep_session`.
// Errors: `forbidden`, "wrong_password", field "current_password"; `invalid` for the new one.
Result<void> change_password(const Services& s, UserId user, std::string_view keep_session,
                             const Password& current, const Password& replacement);

// Replaces the password by the administrator; ends all sessions.
Result<void> set_password(const Services& s, UserId user, const Password& replacement);

}  // namespace authd::auth
