// What goes by mail: confirming an email, and getting a lost password back (a change of the email:
// email_change.h). Whoever asks for a mail learns nothing: the answer, its time and its writes are
// the same with and without an account.
#pragma once

#include "auth/accounts/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Mails a link that confirms the address, when there is an account with it whose owner is not known
// (address_proof.h). Error: `rate_limited` (count_mail() in attempts.h).
Result<void> send_verification(const Services& s, std::string_view email, const Origin& origin);

// Whoever follows a link.
struct Follower {
  std::string_view session = {};       // id of the one that it is opened in; empty: none
  const Password* password = nullptr;  // of the account; null: not given
};

// Marks the address of the token as confirmed. In a session of the account itself, or with its
// password, that shows whose the account is; else it shows the mailbox alone, and works only while
// the account has no more than the one way in that it was made with (address_proof.h). Errors:
// `unauthenticated`, "invalid_code"; `forbidden`, "sign_in_first" or "wrong_password", which leave
// the link good; `rate_limited`.
Result<AccountView> verify_email(const Services& s, const OneTimeSecret& token, const Follower& who,
                                 const Origin& origin);

// The same for the link of a sign-up and that of a change, as the token says. Errors: those of
// verify_email() and confirm_email_change().
Result<AccountView> confirm_any_email(const Services& s, const OneTimeSecret& token,
                                      const Follower& who, const Origin& origin);

// What a program may do with the link of a sign-up whose account is inactive until then: its login
// works from now on. The address stays unconfirmed and the link good, since programs that check the
// links in mails come by as well. Errors: `unauthenticated`, "invalid_code", also when there is
// nothing to activate; `forbidden`, "email_not_verified", where signup.require_verified_email asks
// for more.
Result<void> activate_account(const Services& s, const OneTimeSecret& token, const Origin& origin);

// What a page says before its button is pressed. Changes nothing. Error: `unauthenticated`,
// "invalid_code".
enum class LinkKind { confirm, change, stop };
struct MailedLink {
  LinkKind kind = LinkKind::confirm;
  std::string account;  // account_name() in mails.h
  std::string email;    // to be confirmed, or the new one; empty: the change is stopped already
  bool is_signed_in = false;  // `session` is of this account
};
Result<MailedLink> look_at_link(const Services& s, const OneTimeSecret& token,
                                std::string_view session, const Origin& origin);

// Mails a link that resets the password of the account with this username or email.
Result<void> forgot_password(const Services& s, std::string_view login, const Origin& origin);

// Sets the password by the link, ends all sessions and tells the owner. A second factor stays in
// force, but for one from before the owner was known (address_proof.h). Errors: `unauthenticated`,
// "invalid_code"; `invalid` for the password, also for the one that the account has already, which
// leaves the link good.
Result<void> reset_password(const Services& s, const OneTimeSecret& token,
                            const Password& replacement, const Origin& origin);

}  // namespace authd::auth
