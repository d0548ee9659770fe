// Reads one account, by id or name; people.h finds many.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/profile/attributes.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// An account and the data that replies show with it.
struct AccountView {
  tables::User user;
  std::vector<std::string> roles;
  AttributeValues attributes;  // of those that are declared
};
AccountView view_of(store::Reader& tx, tables::User user);  // without attributes
Result<AccountView> view_account(const Services& s, UserId id);

// The account that a login names: by email if it contains '@', otherwise by username. Blanks around
// it, which keyboards add, do not count.
std::optional<tables::User> find_by_login(store::Reader& tx, std::string_view login);

// The account that `text` names on the command line: an id, a subject, a username or an email.
// Digits alone are an id, never a username; otherwise somebody who signs up as "77" could be
// mistaken for user 77 after that user was deleted. A subject comes before a username that looks
// like one. "name:77" and "id:77" are unambiguous.
Result<tables::User> find_account(const Services& s, std::string_view text);

// Whom `text` names in the audit log: the account as in find_account(), and everybody who had this
// name when an entry was written. Nobody needs to have it today.
struct Audited {
  std::optional<UserId> id;         // nullopt: no account has the name
  std::optional<std::string> name;  // folded; nullopt: an id was given
};
// Error: `invalid` for an id that cannot be one.
Result<Audited> find_audited(const Services& s, std::string_view text);

}  // namespace authd::auth
