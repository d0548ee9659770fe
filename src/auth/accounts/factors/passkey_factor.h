// Passkeys and security keys as an answer: the second step of a login, and a proof in a session
// (step-up). Signing in with a passkey alone is in auth/signin/passkey_login.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/factors/factor_answer.h"
#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "auth/accounts/passkeys/passkey_challenge.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// What a page needs for navigator.credentials.get().
struct PasskeyQuestion {
  std::string challenge;  // raw
  std::string rp_id;
  std::vector<tables::Passkey> may_answer;          // empty: whichever the browser finds
  std::string_view user_verification = "required";  // or "preferred", "discouraged"
};

// For a user who is known. Errors: `not_found`, "passkeys_unavailable" (relying_party.h) or
// "no_passkey", when the user has none.
Result<PasskeyQuestion> question_for(const Services& s, store::ReadTxn& tx,
                                     const tables::User& user, ChallengePurpose purpose,
                                     std::string_view binding, Time now);

// The question for reauthenticate() (auth/signin/reauthentication.h). Errors: as question_for().
Result<PasskeyQuestion> ask_for_proof(const Services& s, const Person& caller);

// Checks the signature, and uses the challenge up. In a session, where nothing else was proved just
// now, a passkey must have verified the person; a security key beside a second factor need not.
ProveFactor prove_passkey;

// Whether the answer, which was right, says that the authenticator has verified the person.
bool verified_person(const FactorAnswer& answer);

// The refusal of wrong answers, with one text. `unauthenticated`, "invalid_passkey".
Error wrong_passkey();

// Stores what the credential has proved: its counter, and when it was used. A counter that went
// back is only audited here: devices that share a credential count on their own.
void note_passkey_use(const Services& s, store::WriteTxn& tx, tables::Passkey passkey,
                      const Assertion& assertion, const Origin& origin, Time now);

// A credential that cannot be backed up signs with a counter that went back: somebody may have
// copied it (Web Authentication Level 3, section 6.1.1). Uses the challenge up, so that a repeated
// request is no further sign of it; audits it, and mails the owner at a confirmed address.
void note_clone(const Services& s, store::WriteTxn& tx, const FoundPasskey& found,
                std::string_view challenge, const Origin& origin, Time now);

}  // namespace authd::auth
