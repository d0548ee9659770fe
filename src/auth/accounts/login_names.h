// The username and the email are how an account is reached: by a login, and for a lost password. So
// the owner is told of each change, at the address from before it, and an account that needs its
// email keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// What is prepared before the write that changes one of them.
struct NameChange {
  tables::User before;
  bool is_renamed = false;                   // another username, or none
  bool is_readdressed = false;               // another email, or none
  std::vector<tables::Identity> identities;  // that the user had before
  std::optional<tables::Mail> username_notice;
  std::optional<tables::Mail> email_notice;

  bool any() const { return is_renamed || is_readdressed; }
};

// Absent: stays; empty: is cleared. What is there already is no change. Error: `not_found`.
Result<NameChange> look_at_names(const Services& s, UserId id,
                                 const std::optional<std::string>& username,
                                 const std::optional<std::string>& email, const Origin& origin);

// In the write, which has found `current` and puts `user`: tells the owner, and ends the sessions
// but `keep_session` when the email goes. Errors: `conflict`, "email_needed", field "email", when
// the account cannot do without the email that is cleared, and "account_changed" when the names are
// not those from before; `rate_limited` when the username was changed a moment ago.
Result<void> settle_names(const Services& s, store::WriteTxn& tx, const NameChange& change,
                          const tables::User& current, tables::User& user,
                          std::string_view keep_session, Time now);

}  // namespace authd::auth
