// What ends when somebody proves an account's address: the ways in that this person must not
// inherit. Until the owner of the address is known to be the person with the password and the
// sessions, somebody else may have created the account and be waiting for the owner to use it
// (pre-hijacking; Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
//
// A link that confirms the address proves both if it is followed in a session of the account, or
// with its password. Without either, it only proves that somebody reads the mailbox
// (User::mailbox_alone): the address counts as confirmed, and no login ends. The next proof of the
// mailbox from elsewhere (a reset, a mailed code, a magic link, an address verified by another
// provider) then ends everything that existed before it, just as it does while nothing is proved.
// The epochs of the user make this possible (auth/core/ways.h), however many ways in there are.
//
// On an account that came from a sign-up and whose owner was never known (User::is_claim; granting
// it a role ends that too), a second factor is one of these ways in: it would keep the owner out.
// On any other account it stays in force, whatever the address is now: either an operator created
// the account and can reset the factor, or an owner is already known, and access to the mailbox
// alone never bypasses the owner's factor.
#pragma once

#include <optional>
#include <vector>

#include "auth/core/audit/audit.h"
#include "auth/core/logout_notices.h"
#include "auth/core/services.h"
#include "auth/core/ways.h"
#include "tables/schema.h"

namespace authd::auth {

// Whether somebody signed up for it, and nobody has shown to be the owner of the address.
bool is_unproved_claim(const tables::User& user);

// Prepared before the write that proves the address from elsewhere.
struct AddressProof {
  std::optional<tables::Mail> factor_notice;  // sent if a second factor ends
};
AddressProof prepare_proof(const Services& s, const tables::User& seen, const Origin& origin,
                           Time now);

// The user as that write will leave them, for code that prepares other parts of it.
tables::User as_proved(tables::User user);

// If the owner was unknown, ends the ways in from before the proof: API keys, passkeys, identities,
// devices, a pending change of the email, and the second factor of a claim. From now on the owner
// is known; this is audited. The caller ends the sessions and whatever is pending
// (end_other_sessions), replaces the password, and writes the user. The writes are those with the
// end of the sessions.
inline constexpr size_t kEndEarlierWaysWrites = kEndWaysWrites +
                                                decltype(tables::outbox)::kInsertWrites +
                                                2 * kAuditWrites + kRaiseSessionEpochWrites;
void end_earlier_ways(const Services& s, store::WriteTxn& tx, const AddressProof& proof,
                      tables::User& user, const Origin& origin, Time now);

// All of it, for the write of a login that proves the address: it also ends the password and the
// sessions. The caller writes the user.
tables::User prove_from_elsewhere(const Services& s, store::WriteTxn& tx, tables::User user,
                                  const AddressProof& proof, const Origin& origin, Time now);

// The ways in besides the password that a claim without any proof has; empty for other accounts.
struct OtherWays {
  std::vector<tables::ApiKey> api_keys;
  std::vector<tables::Identity> identities;
};
Result<OtherWays> other_ways_of(const Services& s, UserId user);

// For a proof that ends nothing: the confirmation link, followed without a session or the password.
// It is refused while a claim has more than the single way in that every account has, because
// whoever follows the link would unknowingly keep the others. `seen` was read before the write, but
// later additions are found as well. Error: `forbidden`, "sign_in_first".
Result<void> check_has_no_other_way(const Services& s, store::Reader& tx, const OtherWays& seen,
                                    const tables::User& user, Time now);

}  // namespace authd::auth
