// The challenges of passkeys. Every sign-in page asks for one, so none is stored: a stranger could
// fill the store with them, and each would be a write. Instead a challenge says when it was made
// and what for, with the server's MAC over it. The transaction that acts on the response makes sure
// that it is used only once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::auth {

// Web Authentication Level 3, section 15.1, recommends this much for the person's part.
inline constexpr Milliseconds kPasskeyChallengeLife = std::chrono::minutes(5);

// On the wire; never used for anything else.
enum class ChallengePurpose : char {
  login = 1,
  second_factor = 2,
  reauthentication = 3,
  registration = 4,  // of a further passkey
  sign_up = 5,       // of a new account; bound to the token of the first administrator, if any
  enrolment = 6,     // of a passkey by a link (auth/signin/enrolment.h)
};

// The raw bytes, 57 of them. `binding` is what the response must come with: the raw id of a session
// or of a second step, or empty if there is none yet.
std::string make_passkey_challenge(const Services& s, ChallengePurpose purpose,
                                   std::string_view binding, Time now);

// nullopt if this server made the challenge for that purpose and binding within
// kPasskeyChallengeLife. Refusals: `foreign_challenge`, `stale_challenge`.
std::optional<crypto::WebauthnRefusal> refusal_of_passkey_challenge(const Services& s,
                                                                    std::string_view challenge,
                                                                    ChallengePurpose purpose,
                                                                    std::string_view binding,
                                                                    Time now);

// The user handle of an account that begins with the answer: 32 bytes that nobody else can guess,
// made of the challenge, because nothing is stored before the answer.
std::string user_handle_for(const Services& s, std::string_view challenge);

// When the challenge, which this server made, is over; until then its use must be remembered.
Time end_of_passkey_challenge(std::string_view challenge);

}  // namespace authd::auth
