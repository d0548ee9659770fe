// Logging in by mail: a link that only the browser that asked for it can use, or a code of six
// digits, of which one is alive at a time. Both prove the address. Whoever asks learns nothing of
// accounts (recovery.h). On an account whose address nobody had proved before, the password
// and the linked identities are removed and the sessions end: whoever made it may not be the owner.
#pragma once

#include "auth/login.h"
#include "auth/services.h"

namespace authd::auth {

inline constexpr uint64_t kCodeTries = 5;

// Mails a link. Returns what the asking browser keeps and shows with the token. Error:
// `rate_limited` (count_mail() in attempts.h).
Result<OneTimeSecret> send_magic_link(const Services& s, std::string_view email,
                                      const Origin& origin);

// Errors: `unauthenticated`, "invalid_code", also from another browser; as log_in() else.
Result<LoginOutcome> log_in_by_link(const Services& s, const OneTimeSecret& token,
                                    const OneTimeSecret& binding, const Origin& origin);

// Mails a code in place of the one before. Error: `rate_limited` within kResendPause (proofs.h),
// whether there is an account or not.
Result<void> send_login_code(const Services& s, std::string_view email, const Origin& origin);

// Errors: `unauthenticated`, "invalid_code"; after kCodeTries the code is gone; as log_in() else.
Result<LoginOutcome> log_in_by_code(const Services& s, std::string_view email,
                                    const OneTimeSecret& code,
                                    const std::optional<OneTimeSecret>& mfa_code,
                                    const Origin& origin);

}  // namespace authd::auth
