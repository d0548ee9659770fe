// Changes the username and the password: both by the owner, or the password by the operator.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Changes made by the owner: username and password, both or neither; an absent one stays unchanged.
// This needs the current password or, without it, a fresh proof (step_up.h); an account with a
// second factor always needs the fresh proof. The owner is notified by mail. A new password ends
// all sessions except the caller's. Errors: as change_password(); `forbidden`,
// "reauthentication_required"; `conflict`, field "username"; as settle_names() in login_names.h.
struct CredentialChange {
  std::optional<std::string> username;
  std::optional<Password> password;
  std::optional<Password> current_password;
};
Result<void> change_credentials(const Services& s, const Person& caller,
                                const CredentialChange& change, const Origin& origin);

// A new password, set by the owner, who knows the old one. Ends all sessions except the caller's,
// and mails the owner. Errors: `forbidden`, "wrong_password", field "current_password"; `invalid`
// for the new password, "password_unchanged" if it equals the old one; `rate_limited`; for an
// account with a second factor also `forbidden`, "reauthentication_required".
Result<void> change_password(const Services& s, const Person& caller, const Password& current,
                             const Password& replacement, const Origin& origin);

// A new password, set by the operator; it may equal the old one (a script may run again). Ends all
// sessions, and mails the owner. With `must_change` the next login asks for another one
// (auth/signin/login_steps.h); without, that stays as it is.
Result<void> set_password(const Services& s, UserId user, const Password& replacement,
                          const Origin& origin, bool must_change = false);

// For those who write the row themselves: replaces the hash, ends the sessions except
// `keep_session` (empty: all) and forgets the devices. Puts the user.
void replace_password(store::WriteTxn& tx, tables::User& user, const std::string& hash,
                      std::string_view keep_session, Time now);

}  // namespace authd::auth
