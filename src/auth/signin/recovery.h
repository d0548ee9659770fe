// Mailed links: confirming an email, and recovering from a lost password (for changing the email,
// see email_change.h). Requesting a mail reveals nothing: the reply, its timing and its writes are
// the same with and without an account.
#pragma once

#include <optional>

#include "auth/accounts/account/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Mails a link that confirms the address, if there is an account with it whose owner is not known
// (address_proof.h). Error: `rate_limited` (count_mail() in attempts.h).
Result<void> send_verification(const Services& s, std::string_view email, const Origin& origin);

// The person who follows a link.
struct Follower {
  std::optional<std::string_view> session = {};  // the id of the session in which it is opened
  const Password* password = nullptr;            // the account's password; null: absent
};

// Marks the address of the token as confirmed. In a session of the account itself, or with its
// password, this proves who owns the account. Otherwise it proves only access to the mailbox, and
// works only while the account has no more than the single way in with which it was created
// (address_proof.h). Errors: `unauthenticated`, "invalid_code"; `forbidden`, "sign_in_first" or
// "wrong_password", after which the link stays valid; `rate_limited`.
Result<AccountView> verify_email(const Services& s, const OneTimeSecret& token, const Follower& who,
                                 const Origin& origin);

// The same for the link of a sign-up or of a change, depending on the token. Errors: those of
// verify_email() and confirm_email_change().
Result<AccountView> confirm_any_email(const Services& s, const OneTimeSecret& token,
                                      const Follower& who, const Origin& origin);

// The effect of a sign-up link for programs: an account that was inactive until then can log in
// from now on. The address stays unconfirmed and the link valid, because programs that scan mails
// follow links as well. Errors: `unauthenticated`, "invalid_code", also when there is nothing to
// activate; `forbidden`, "email_not_verified", where signup.require_verified_email requires more.
Result<void> activate_account(const Services& s, const OneTimeSecret& token, const Origin& origin);

// What a page shows before its button is pressed. Changes nothing. Error: `unauthenticated`,
// "invalid_code".
enum class LinkKind { confirm, change, stop, reset, enroll };
struct MailedLink {
  LinkKind kind = LinkKind::confirm;
  std::string account;  // account_name() in mails.h
  // To be confirmed, or the new one, or where a reset link went; empty: the change was already
  // stopped
  std::string email;
  bool is_signed_in = false;  // `session` belongs to this account
  bool has_password = false;  // the account has one
  // What the link is good for: a password (reset), a passkey (reset, enroll;
  // auth/signin/enrolment.h).
  bool sets_password = false;
  bool makes_passkey = false;
};
Result<MailedLink> look_at_link(const Services& s, const OneTimeSecret& token,
                                std::optional<std::string_view> session, const Origin& origin);

// Mails a password reset link to the account with this username or email. Where the account
// needs a passkey instead, the link makes one, and where no mail may open it, the mail says what
// does (recovery_rules.h).
Result<void> forgot_password(const Services& s, std::string_view login, const Origin& origin);

// Sets the password with the link, ends all sessions and notifies the owner. A second factor stays
// in force, unless it dates from before the owner was known (address_proof.h). Errors:
// `unauthenticated`, "invalid_code"; `invalid` for the password, also if it is the current one,
// after which the link stays valid.
Result<void> reset_password(const Services& s, const OneTimeSecret& token,
                            const Password& replacement, const Origin& origin);

}  // namespace authd::auth
