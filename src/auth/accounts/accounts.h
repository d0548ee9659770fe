// Accounts: created, changed, deleted. The command line and the HTTP endpoints call the same
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/account_view.h"
#include "auth/accounts/last_admin.h"
#include "auth/core/services.h"
#include "auth/sessions/session_tokens.h"

namespace authd::auth {

// The counter that ids of users come from (tables::next_number).
inline constexpr const char* kUserCounter = "user_id";

// What a new account is made of; empty text counts as not given. At least one of username and
// email.
struct NewAccount {
  std::string username;
  std::string email;
  Password password;
  std::string first_name;
  std::string last_name;
  std::string phone_number;
  std::vector<std::string> roles = {};  // beyond "user"; only the command line sets them
  std::string picture = {};  // a file for auth/accounts/avatars.h; only sign_up() takes it
};

// Makes an account with the role "user". Errors: `invalid` with the field; `conflict` with the
// field when the username, email or phone number is taken; `not_found` for a role.
Result<tables::User> create_account(const Services& s, const NewAccount& account,
                                    const Origin& origin);

// Looks and works: everything about a new account but its id and its place in the store. With
// `hides_conflicts` a taken email or phone number is no error here. Errors: as create_account().
Result<tables::User> prepare_account(const Services& s, const NewAccount& account,
                                     bool hides_conflicts = false);

// The account as a row that is ready but for its id, inserted with its roles beside "user" by the
// caller's transaction; returns it as it is then. Errors: `conflict`, `not_found` as above.
Result<tables::User> insert_account(const Services& s, store::WriteTxn& tx,
                                    const tables::User& prepared,
                                    const std::vector<std::string>& roles);

// Refuses names that belong to somebody else than `self`: `conflict`, with the field.
Result<void> check_names_free(store::Reader& tx, const tables::User& user, UserId self);

// Sign-up by the person: an account, the mail that confirms its email, and a session, all at once.
// signup.require_verified_email and mfa.email_otp need an email. With the former no session starts
// (nullopt), and an email that has an account gets a notice while the answer stays the same; so it
// does when somebody has the phone number, and the account is made without it. Errors besides:
// `forbidden`, "signup_disabled".
enum class AfterSignup {
  log_in,         // at once
  nothing,        // a login is the next step (nullopt)
  confirm_email,  // the account is inactive until then, whatever the configuration says (nullopt)
};
Result<std::optional<Tokens>> sign_up(const Services& s, const NewAccount& account,
                                      const Origin& origin,
                                      AfterSignup after = AfterSignup::log_in);

// A change to a profile. Absent: stays; empty: is cleared (not allowed to leave neither username
// nor email). A new email is not verified.
struct ProfileChange {
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
  std::optional<std::string> phone_number;
};
// The owner is told of another username or email, at the address from before. Errors: `invalid`;
// `conflict` for a name that is taken; as settle_names() in login_names.h.
Result<AccountView> change_profile(const Services& s, UserId id, const ProfileChange& change,
                                   const Origin& origin);

// The same by the owner, who needs a fresh proof (step_up.h) for another username or email, and in
// whose session it happens. Errors besides: `forbidden`, "reauthentication_required".
Result<AccountView> change_own_profile(const Services& s, const Person& caller,
                                       const ProfileChange& change, const Origin& origin);

// Removes the account; its sessions and tokens are dead with the commit. Errors: `not_found`;
// `conflict`, "last_administrator".
Result<void> delete_account(const Services& s, UserId id, const Origin& origin,
                            LastAdmin last = LastAdmin::stays);

// Disabling ends all sessions; enabling does not bring them back. Errors: as delete_account().
Result<void> set_disabled(const Services& s, UserId id, bool disabled, const Origin& origin,
                          LastAdmin last = LastAdmin::stays);

}  // namespace authd::auth
