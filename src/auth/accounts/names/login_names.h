// An account is accessed through its username and its email: by a login, and to recover a lost
// password; people who run a service also recognise an owner by the phone number (ASVS 7.5.1). So
// the owner is notified of each change, at the old address, and an account that needs its email
// keeps it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The wanted names. An absent one stays unchanged; an empty one is cleared.
struct WantedNames {
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<std::string> phone_number;  // as parse_phone_number() returns it
};

// Prepared before the write that changes one of them.
struct NameChange {
  tables::User before;
  bool is_renamed = false;                   // another username, or none
  bool is_readdressed = false;               // another email, or none
  bool is_by_owner = false;                  // who may not take every name (usernames.h)
  bool is_rephoned = false;                  // another phone number, or none
  std::vector<tables::Identity> identities;  // the user's identities before the change
  std::optional<tables::Mail> notice;        // of the username and the phone number
  std::optional<tables::Mail> email_notice;

  bool any() const { return is_renamed || is_readdressed || is_rephoned; }
};

// Setting the current name is not a change. Error: `not_found`.
Result<NameChange> look_at_names(const Services& s, UserId id, const WantedNames& wanted,
                                 const Origin& origin);

// Call it in the write, with `current` as read there; the caller writes `user`. Notifies the owner,
// and if the email is another one or none, ends all sessions except `keep_session`, and with them
// what was mailed to the old address. Errors: `conflict`, "email_needed", field "email", when the
// account needs the email that is cleared, and "account_changed" when the names have changed in the
// meantime; those of usernames.h when the owner changes the username; `rate_limited` when the
// username or the phone number was changed a moment ago.
Result<void> settle_names(const Services& s, store::WriteTxn& tx, const NameChange& change,
                          const tables::User& current, tables::User& user,
                          std::string_view keep_session, Time now);

}  // namespace authd::auth
