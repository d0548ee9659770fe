// Accounts as they are read: one by id or name, or a page of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// An account with what a reply shows of it.
struct AccountView {
  tables::User user;
  std::vector<std::string> roles;
};
AccountView view_of(store::Reader& tx, tables::User user);
Result<AccountView> view_account(const Services& s, UserId id);

// The account that a person means who logs in: by email when there is an '@', else by username.
std::optional<tables::User> find_by_login(store::Reader& tx, std::string_view login);

// The account that `text` means on the command line: an id, a username or an email. Digits alone
// are an id and never a name, so that whoever signs up as "77" is not taken for user 77 once that
// one is gone; "name:77" and "id:77" say which is meant.
Result<tables::User> find_account(const Services& s, std::string_view text);

// Accounts in order of id, those after `after`, at most `limit`.
Result<std::vector<AccountView>> list_accounts(const Services& s, UserId after, size_t limit);

// Accounts whose username (or, with an '@' in it, email) begins with `prefix`, in order of that
// name, those after `after`, at most `limit`. `next` is what to pass as `after` for the page
// behind.
struct AccountPage {
  std::vector<AccountView> accounts;
  std::string next;  // empty: that was all
};
Result<AccountPage> search_accounts(const Services& s, std::string_view prefix,
                                    std::string_view after, size_t limit);

}  // namespace authd::auth
