// Brings an account into a declared state, whether or not it exists: PUT by username, and `authd
// apply`. An account belongs to a person, who may change it too; so what the declaration leaves out
// stays as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/account/accounts.h"
#include "auth/core/put.h"

namespace authd::auth {

struct WantedAccount {
  // The username, which the account has or gets; or, with an '@', its email.
  std::string login;
  ProfileChange profile;  // without a username
  std::optional<bool> email_verified;
  std::optional<bool> disabled;
  // All roles beyond "user", which stays as it is.
  std::optional<std::vector<std::string>> roles;
  // Of a new account, and of one that has none: a password is the person's own. In a form that can
  // be verified (crypto/passwords/password_hash.h).
  std::string password_hash;
};

// An account with its roles and all of its attributes.
struct AccountState {
  tables::User user;
  std::vector<std::string> roles;
  AttributeValues attributes;
};

// In one transaction. Without a password hash a new account has no password: its owner gets a link.
// Errors: as create_account() and change_profile(); `not_found`, field "roles"; `conflict`,
// "last_administrator"; `forbidden`, "beyond_api_key".
Result<Put<AccountState>> put_account(const Services& s, const WantedAccount& wanted,
                                      const Origin& origin);

// What put_account() would store now; roles of `expected` need not exist yet, and have no ids. A
// name that somebody else has is an error, as are all of put_account() but those about the last
// administrator and about who asks.
Result<Put<AccountState>> look_at_account(const Services& s, store::Reader& tx,
                                          const WantedAccount& wanted,
                                          const std::vector<std::string>& expected);

// Whether it takes the role "admin" away, or disables somebody who has it.
bool ends_an_admin(const Put<AccountState>& put);

}  // namespace authd::auth
