// Changing the email of an account: requested in a session, reported to the old address, and
// completed by a link to the new one. The link alone does nothing: a reader of the new mailbox only
// learns that somebody wants to use it, and must never become the owner of an account by pressing a
// button (the account may be a trap). So the link works only in a live session of the account, and
// only while the session that requested the change is alive, no other change was requested since,
// and nobody has stopped it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/accounts/account/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Mails a link to the new address, and to the old address one that stops the change. If the new
// address belongs to another account, it gets a notice instead. An earlier pending change becomes
// void. Errors: `invalid`; `forbidden` without a fresh proof; `rate_limited` within kResendPause
// (mails.h) and as in count_mail(); `conflict` when the account has changed in the meantime.
Result<void> begin_email_change(const Services& s, const Person& caller, std::string_view email,
                                const Origin& origin);

// The link to the new address: changes the email, ends the other sessions and notifies the old
// address. `session` is the id of the session in which the link was opened, if there is one.
// Errors: `unauthenticated`, "invalid_code"; `forbidden`, "sign_in_first", after which the link
// stays valid; `conflict` when somebody else has the address by now.
Result<AccountView> confirm_email_change(const Services& s, const OneTimeSecret& token,
                                         std::optional<std::string_view> session,
                                         const Origin& origin);

// The link to the old address: voids the pending change, and ends the session that requested it. It
// works once; later it returns the same result and does nothing. Errors: `unauthenticated`,
// "invalid_code"; `conflict`, "email_changed", when the change has already taken effect.
Result<void> stop_email_change(const Services& s, const OneTimeSecret& token, const Origin& origin);

// The change to which a link belongs.
struct PendingChange {
  std::optional<tables::User> user;  // nullopt: not a link for a change, or no longer valid
  std::string new_email;             // empty: nothing is pending
  bool is_stop = false;
};
PendingChange find_pending_change(store::Reader& tx,
                                  const std::optional<tables::OneTimeToken>& token, Time now);

}  // namespace authd::auth
