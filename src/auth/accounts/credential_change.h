// Changing the username and the password: by the owner, or the password by the operator.
#pragma once

#include <optional>
#include <string>

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Replaces username and password by the owner, both or neither; what is absent stays. Either needs
// the present password, or without it a fresh proof (step_up.h), and the owner is told by mail. A
// new password ends all sessions but the caller's. Errors: as change_password(); `forbidden`,
// "reauthentication_required"; `conflict`, field "username"; as settle_names() in login_names.h.
struct CredentialChange {
  std::optional<std::string> username;
  std::optional<Password> password;
  std::optional<Password> current_password;
};
Result<void> change_credentials(const Services& s, const Person& caller,
                                const CredentialChange& change, const Origin& origin);

// Replaces the password by its owner, who knows the old one. Ends all sessions but the caller's,
// and mails the owner. Errors: `forbidden`, "wrong_password", field "current_password"; `invalid`
// for the new one, "password_unchanged" when it is the old one; `rate_limited`.
Result<void> change_password(const Services& s, const Person& caller, const Password& current,
                             const Password& replacement, const Origin& origin);

// Replaces the password by the operator, by the same one too (a script may run again); ends all
// sessions, and mails the owner.
Result<void> set_password(const Services& s, UserId user, const Password& replacement,
                          const Origin& origin);

}  // namespace authd::auth
