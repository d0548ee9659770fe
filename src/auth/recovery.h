// What goes by mail: confirming an email, changing it, and getting a lost password back. Whoever
// asks for a mail learns nothing: the answer, its time and its writes are the same with and without
// an account.
#pragma once

#include "auth/access_token.h"
#include "auth/accounts.h"
#include "auth/services.h"

namespace authd::auth {

// Mails a link that confirms the address, when there is an account with it that is not confirmed.
// Error: `rate_limited` (count_mail() in attempts.h).
Result<void> send_verification(const Services& s, std::string_view email, const Origin& origin);

// Marks the address of the token as confirmed. `session` is the id of the one in which the link was
// opened, empty for none: only in a session of the account itself does the account keep more than a
// password that was set before its first proof (footholds.h). Errors: `unauthenticated`,
// "invalid_code"; `forbidden`, "sign_in_first", which leaves the link good.
Result<AccountView> verify_email(const Services& s, const OneTimeSecret& token,
                                 std::string_view session, const Origin& origin);

// Mails a link to the new address, which takes effect when it is followed. An address that belongs
// to another account gets a notice instead. Errors: `invalid`; `forbidden` without a fresh proof;
// `rate_limited` within kResendPause (proofs.h).
Result<void> begin_email_change(const Services& s, const Caller& caller, std::string_view email,
                                const Origin& origin);

// The link to the new address: changes it, ends the other sessions and tells the old address.
// Errors: as verify_email(); `conflict` when somebody else has it by now.
Result<AccountView> confirm_email_change(const Services& s, const OneTimeSecret& token,
                                         std::string_view session, const Origin& origin);

// Either of the two, as the token says.
Result<AccountView> confirm_any_email(const Services& s, const OneTimeSecret& token,
                                      std::string_view session, const Origin& origin);

// Mails a link that resets the password of the account with this username or email.
Result<void> forgot_password(const Services& s, std::string_view login, const Origin& origin);

// Sets the password by the link, ends all sessions and tells the owner. A second factor stays in
// force, but for one from before the first proof (footholds.h). Errors: `unauthenticated`,
// "invalid_code"; `invalid` for the password, also for the one that the account has already, which
// leaves the link good.
Result<void> reset_password(const Services& s, const OneTimeSecret& token,
                            const Password& replacement, const Origin& origin);

}  // namespace authd::auth
