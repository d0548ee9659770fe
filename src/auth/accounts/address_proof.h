// What a proof of an account's address ends: the ways in that whoever proves it must not inherit.
// Until the owner of the address is known to be the one who has the password and the sessions, the
// account may be the work of somebody else, who waits for its owner to use it (pre-hijacking;
// Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
//
// A link that confirms the address shows both when it is followed in a session of the account, or
// with its password. Followed without either, it shows only that the mailbox exists and has a
// reader (User::mailbox_alone): the address counts as confirmed, and nobody's login ends. The next
// proof of the mailbox from elsewhere (a reset, a mailed code, a magic link, an address that
// another provider has verified) then ends whatever there was before it, as it does while nothing
// is proved. The epochs of the user do that (auth/core/ways.h), however many ways in there are.
//
// A second factor is one of these ways on an account that came by a sign-up and whose owner was
// never known (User::is_claim; giving it a role ends that too): it would keep the owner out. On any
// other account it stays in force, whatever the address is now: an operator made the account and
// can reset the factor, or an owner is known already, and a mailbox alone never gets past their
// factor.
#pragma once

#include <optional>
#include <vector>

#include "auth/core/audit.h"
#include "auth/core/services.h"
#include "auth/core/ways.h"
#include "tables/schema.h"

namespace authd::auth {

// What is prepared before the write that proves the address from elsewhere.
struct AddressProof {
  std::optional<tables::Mail> factor_notice;  // should a second factor end
};
AddressProof prepare_proof(const Services& s, const tables::User& seen, Time now);

// The user as that write will leave them, for whoever prepares more of it.
tables::User as_proved(tables::User user);

// Ends the ways in from before the proof, when the owner was not known: API keys, identities,
// devices, a pending change of the email, and the second factor of a claim. The owner is known from
// now on; that is audited. The caller ends the sessions and what is pending (end_other_sessions),
// replaces the password, and puts the user.
inline constexpr size_t kEndEarlierWaysWrites =
    kEndWaysWrites + decltype(tables::outbox)::kInsertWrites + 2 * kAuditWrites;
void end_earlier_ways(const Services& s, store::WriteTxn& tx, const AddressProof& proof,
                      tables::User& user, const Origin& origin, Time now);

// The whole of it, for the write of a login that proves the address: the password and the sessions
// go as well. The caller puts the user.
tables::User prove_from_elsewhere(const Services& s, store::WriteTxn& tx, tables::User user,
                                  const AddressProof& proof, const Origin& origin, Time now);

// What a look finds beside the password of a claim that nobody has proved; nothing for others.
struct OtherWays {
  std::vector<tables::ApiKey> api_keys;
  std::vector<tables::Identity> identities;
};
Result<OtherWays> other_ways_of(const Services& s, UserId user);

// For a proof that takes nothing away, the link that confirms an address, followed without a
// session or the password: refused while a claim has more than the one way in that every account
// has, since whoever follows the link would use those unseen. What was added since the look is
// found all the same. Error: `forbidden`, "sign_in_first".
Result<void> check_has_no_other_way(const Services& s, store::Reader& tx, const OtherWays& seen,
                                    const tables::User& user, Time now);

}  // namespace authd::auth
