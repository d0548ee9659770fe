// A mail to the owner of an account when somebody gives the right password and then fails at the
// second factor again and again: the password is known, and only the factor still protects the
// account. OWASP ASVS 5.0 section 6.3.5; NIST SP 800-63B-4 section 4.6.
//
// Counted are wrong factors after the right password in logins that nobody completed. People
// mistype their codes and go on: when the password and a right factor come from the same address
// within kCompletedWithin, the wrong ones from there are taken back. Nothing else takes them back:
// no other way in, no login from elsewhere, no `authd user unlock`. A new password begins a new
// count, and so does the mail. The count is not that of attempts.h, which delays guesses, and which
// every success of the owner clears.
//
// It goes to a confirmed address only: whoever signs up with the address of somebody else, and sets
// up a factor, must not be able to send mails there again and again.
#pragma once

#include "auth/core/limits/allowance.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// From this many there is a mail, at most one a day for an account.
inline constexpr uint64_t kWarnedFactors = 3;
// They are forgotten when none was added for this long.
inline constexpr Milliseconds kWrongFactorsMemory = std::chrono::hours(24 * 7);
// Since the last wrong one from the same address: the life of a challenge (second_factor.h).
inline constexpr Milliseconds kCompletedWithin = std::chrono::minutes(10);

// The mail, made before the transaction that counts the failure.
tables::Mail make_factor_warning(const Services& s, const Origin& origin, Time now);

// Counts a wrong second factor after the right password, and mails the owner when it is time. Call
// it in the transaction of the failed attempt.
inline constexpr size_t kWarnOfFactorWrites = 2 * decltype(tables::attempts)::kPutWrites +
                                              kTakeOneWrites +
                                              decltype(tables::outbox)::kInsertWrites;
void warn_of_wrong_factor(store::WriteTxn& tx, UserId user, const Origin& origin,
                          const tables::Mail& warning, Time now);

// Takes back those of this address. Call it in the transaction in which the right second factor has
// followed the right password.
inline constexpr size_t kTakeBackFactorsWrites =
    decltype(tables::attempts)::kPutWrites + decltype(tables::attempts)::kDelWrites;
void take_back_wrong_factors(store::WriteTxn& tx, const tables::User& user, const Origin& origin,
                             Time now);

}  // namespace authd::auth
