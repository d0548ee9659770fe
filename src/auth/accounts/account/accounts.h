// Creates, changes and deletes accounts. The command line and the HTTP endpoints call the same
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/names/login_names.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/accounts/profile/attributes.h"
#include "auth/accounts/roles/last_admin.h"
#include "auth/core/services.h"
#include "auth/sessions/session_tokens.h"
#include "base/function_ref.h"

namespace authd::auth {

// The counter for the ids of users (tables::next_number).
inline constexpr const char* kUserCounter = "user_id";

// The data of a new account; empty text counts as absent. It needs a username or an email.
struct NewAccount {
  std::string username;
  std::string email;
  Password password;  // or the passkey, or neither (is_by_mail)
  std::string first_name;
  std::string last_name;
  std::string phone_number;
  std::string locale = {};  // of config/languages.h; empty: that of the request, if people sign up
  std::vector<std::string> roles = {};  // beyond "user"; only administrators and operators set them
  std::string picture = {};  // a file for auth/accounts/profile/avatars.h; only sign_up() takes it
  AttributeChanges attributes = {};  // only create_account() takes them
  // In place of the password; only sign_up() and set_up() take it.
  std::optional<PasskeyAsked> passkey = {};
  // Neither password nor passkey: whoever reads the mails to its email signs in (login_methods.h).
  // Only where nobody signs in with a password.
  bool is_by_mail = false;
  // The token of an invitation (invitations.h); only sign_up() takes it.
  std::optional<OneTimeSecret> invitation = {};
  // The version of the terms that the person accepts (terms.h); only sign_up() takes it.
  std::optional<std::string> terms_version = {};
  bool must_change_password = false;  // at the first login; only create_account() takes it
};

// Creates an account with the role "user". Errors: `invalid` with the field; `conflict` with the
// field when the username, email or phone number is taken; `not_found` for a role; `forbidden`,
// "beyond_api_key", for an API key that would create an administrator; those of
// check_attribute_changes().
Result<tables::User> create_account(const Services& s, const NewAccount& account,
                                    const Origin& origin);

// For people who choose the names of their account themselves (usernames.h).
struct SignUpRules {
  bool hides_conflicts = false;  // a taken email or phone number is not an error
};

// Validates and prepares a new account, except for its passkey, its id and its place in the store.
// Without `rules`, an administrator chooses the names. Errors: as create_account(), and those of
// check_username_allowed().
Result<tables::User> prepare_account(const Services& s, const NewAccount& account,
                                     std::string_view client, const SignUpRules* rules = nullptr);

// Refuses what prepare_account() would refuse whatever the password is, before a password is asked
// for. Errors: as create_account(), except for roles.
Result<void> check_new_names(const Services& s, const NewAccount& account,
                             const SignUpRules* rules = nullptr);

// Inserts a row that lacks only its id, with roles in addition to "user", in the caller's
// transaction; returns the inserted row. Errors: `conflict`, `not_found` as above.
Result<tables::User> insert_account(const Services& s, store::WriteTxn& tx,
                                    const tables::User& prepared,
                                    const std::vector<std::string>& roles);

// Refuses names that belong to anybody except `self`: `conflict`, with the field.
Result<void> check_names_free(store::Reader& tx, const tables::User& user,
                              std::optional<UserId> self = {});

// Changes to a profile. An absent field stays unchanged; an empty one is cleared (but a username or
// an email must remain). A new email is not verified.
struct ProfileChange {
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
  std::optional<std::string> phone_number;
  std::optional<std::string> locale = {};
  AttributeChanges attributes = {};
  // Whether the email is known to be the person's, as an administrator says.
  std::optional<bool> email_verified = {};
  // Whether the next login asks for a new password (auth/signin/login_steps.h).
  std::optional<bool> must_change_password = {};

  // Whether it changes nothing but attributes and the two above.
  bool is_beside_fields() const;
};
// Notifies the owner of a changed username, email or phone number, at the old address. Another
// email ends all sessions. Where emails must be verified, the last administrator's stays so.
// Errors: `invalid`; `conflict` for a name that is taken; `forbidden`, "beyond_api_key"
// (auth/core/key_reach.h); as settle_names() in login_names.h; as check_attribute_changes().
Result<AccountView> change_profile(const Services& s, UserId id, const ProfileChange& change,
                                   const Origin& origin);

// The same by the owner, in the owner's session, which stays; a changed username, email or phone
// number needs a fresh proof (step_up.h). Further errors: `forbidden`, "reauthentication_required".
Result<AccountView> change_own_profile(const Services& s, const Person& caller,
                                       const ProfileChange& change, const Origin& origin);

// For callers that write the row themselves (put_account.h). The change without its attributes;
// errors: `invalid`, with the field.
Result<void> apply_profile(const ProfileChange& change, tables::User& user);
Result<WantedNames> wanted_names(const ProfileChange& change);
// The names of those that changed are in the audit log, and their values are not.
Result<void> write_attributes(const Services& s, store::WriteTxn& tx, UserId user,
                              const AttributeChanges& changes, const Origin& origin, Time now);

// Deletes the account; its sessions and tokens become invalid with the commit. The owner is told by
// mail. Errors: `not_found`; `conflict`, "last_administrator"; `forbidden`, "beyond_api_key".
Result<void> delete_account(const Services& s, UserId id, const Origin& origin,
                            LastAdmin last = LastAdmin::stays);

// The same by the owner, in a session that is still alive. Further error: `unauthenticated`.
Result<void> delete_own_account(const Services& s, const Person& caller, const Origin& origin);

// Disabling ends all sessions, and the owner is told by mail; enabling does not restore them, but
// begins a fresh period of retention. An account that a person disabled is never deleted by that.
// Errors: as delete_account().
Result<void> set_disabled(const Services& s, UserId id, bool disabled, const Origin& origin,
                          LastAdmin last = LastAdmin::stays);

// Why an unused account ends (auth/upkeep/retention.h).
struct Unused {
  std::string reason;  // the detail of the entry in the audit log
  // Whether it is so, and the account no administrator's, as the write finds it.
  FunctionRef<bool(store::Reader&, const tables::User&)> holds;
};
// The same as set_disabled() and delete_account() for such an account. False: it is not so any
// more, and nothing happened. Error: `unavailable`.
Result<bool> disable_unused(const Services& s, UserId id, const Unused& unused,
                            const Origin& origin);
Result<bool> delete_unused(const Services& s, UserId id, const Unused& unused,
                           const Origin& origin);

}  // namespace authd::auth
