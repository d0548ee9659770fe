// The ten recovery codes of a user, on paper for the day when the app or the passkeys are lost. As
// a second factor a code replaces the app or a security key. For an account without a password and
// an app it also makes a new passkey (auth/signin/enrolment.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/factors/factor_answer.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

inline constexpr size_t kRecoveryCodes = 10;

// Made before the write that stores them; the texts are shown only once.
struct FreshCodes {
  std::vector<OneTimeSecret> texts;  // 80 bits each
  Time made_at;
};
FreshCodes make_recovery_codes(const Services& s, Time now);

// Puts them into the row in place of the earlier ones. `user` has an id.
void set_recovery_codes(const Services& s, const tables::User& user, const FreshCodes& codes,
                        tables::Factors& factors);

// Stores the codes if the user has none that make a passkey (one write). False: the user has some.
bool give_recovery_codes(const Services& s, store::WriteTxn& tx, const tables::User& user,
                         const FreshCodes& codes);

// Whether an account without a password has no such codes: it began with a sign-up that had to be
// confirmed first, or has used them up.
bool lacks_recovery_codes(store::Reader& tx, const tables::User& user);

// Removes what is left of them when nothing is left that they could replace. `user` no longer
// counts what was removed.
void drop_spare_codes(store::WriteTxn& tx, const tables::User& user);

// Ten new codes that replace the old ones. `not_found` without an app and without a passkey.
Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin);

// For the table of factors, which knows where a code stands in for one (second_factor.h).
ProveFactor prove_recovery_code;

// Uses up a code that stands alone: one that is as old as the user's passkeys, so that whoever had
// the account before its owner was known has none. False: it is wrong.
bool use_recovery_code(const Services& s, store::WriteTxn& tx, const tables::User& user,
                       const OneTimeSecret& code);

// Tells the owner that a recovery code was used (NIST SP 800-63B-4 section 4.2); for Proving.
std::optional<tables::Mail> make_recovery_notice(const Services& s, const tables::User& user,
                                                 const Origin& origin, Time now);

}  // namespace authd::auth
