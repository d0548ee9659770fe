// What counts once, such as a challenge, or a token of somebody else that proves who is asking. A
// mark says that it was used; it needs no mark before. Marks are rows of `used_challenges`, which a
// job removes when their time is over.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "store/store.h"

namespace authd::auth {

// What is used up. Texts of different kinds have different marks, even if they are equal. A kind is
// a word without spaces.
namespace once {
inline constexpr std::string_view kWork = "work";            // auth/core/limits/proof_of_work.h
inline constexpr std::string_view kAssertion = "assertion";  // auth/oauth/proofs/client_assertion.h
inline constexpr std::string_view kDpopProof = "dpop";       // RFC 9449 section 11.1
inline constexpr std::string_view kPasskeyChallenge =
    "";  // auth/accounts/passkeys/stored_passkeys.h
}  // namespace once

bool is_used(store::Reader& tx, std::string_view kind, std::string_view text);

// Uses the text up until this time, which is a little later than the text is good, because the
// clock may be set back: at least kClockSlack (auth/core/lifetime.h). False, and nothing is
// written, if it was used up before. It costs one row and its entry of the expiry index.
bool use_once(store::WriteTxn& tx, std::string_view kind, std::string_view text, Time until);

}  // namespace authd::auth
