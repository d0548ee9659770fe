// Changing the email of an account: asked for in a session, told to the old address, and made by a
// link to the new one. The link alone is worth nothing: whoever reads the new mailbox is only told
// that somebody wants to use it, and must never come to own an account by pressing a button (the
// account may be a trap). So it acts in a live session of the account, and only as long as the
// session that asked lives, no other change was asked for since, and nobody has stopped it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/accounts/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Mails a link to the new address, and one that stops the change to the old address. A new address
// that belongs to another account gets a notice instead. The change that was pending before is
// void. Errors: `invalid`; `forbidden` without a fresh proof; `rate_limited` within kResendPause
// (mails.h) and as count_mail() says; `conflict` when the account changed meanwhile.
Result<void> begin_email_change(const Services& s, const Person& caller, std::string_view email,
                                const Origin& origin);

// The link to the new address: changes it, ends the other sessions and tells the old address.
// `session` is the id of the one that the link was opened in. Errors: `unauthenticated`,
// "invalid_code"; `forbidden`, "sign_in_first", which leaves the link good; `conflict` when
// somebody else has the address by now.
Result<AccountView> confirm_email_change(const Services& s, const OneTimeSecret& token,
                                         std::string_view session, const Origin& origin);

// The link to the old address: makes the pending change void, and ends the session that asked for
// it. Once: later it says the same and does nothing. Errors: `unauthenticated`, "invalid_code";
// `conflict`, "email_changed", when the change was made already.
Result<void> stop_email_change(const Services& s, const OneTimeSecret& token, const Origin& origin);

// The change that a link belongs to.
struct PendingChange {
  std::optional<tables::User> user;  // nullopt: it is no link of a change, or not good any more
  std::string new_email;             // empty: nothing is pending
  bool is_stop = false;
};
PendingChange find_pending_change(store::Reader& tx,
                                  const std::optional<tables::OneTimeToken>& token, Time now);

}  // namespace authd::auth
