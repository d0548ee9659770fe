// The ways into an account that whoever proves its address must not inherit. Until the owner of the
// address is known to be the one who has the password and the sessions, the account may be the work
// of somebody else, who waits for its owner to use it (pre-hijacking; Sudhodanan and Paverd,
// "Pre-hijacked accounts", USENIX Security 2022).
//
// A link that confirms the address shows both when it is followed in a session of the account, or
// with its password. Followed without either, it shows only that the mailbox exists and has a
// reader (User::mailbox_alone): the address counts as confirmed, and nobody's login ends. The next
// proof of the mailbox from elsewhere (a reset, a mailed code, a magic link, an address that
// another provider has verified) then ends whatever there was before it, as it does while nothing
// is proved.
//
// A second factor is one of these ways on an account that came by a sign-up and whose owner was
// never known (User::is_claim; giving it a role ends that too): it would keep the owner out. On any
// other account it stays in force, whatever the address is now: an operator made the account and
// can reset the factor, or an owner is known already, and a mailbox alone never gets past their
// factor.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "auth/core/audit.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

struct Footholds {
  std::vector<tables::Identity> identities;
  std::vector<tables::ApiKey> api_keys;
  std::optional<tables::Mail> notice;  // of a second factor that goes with them
  uint64_t seen = 0;                   // User::footholds when they were read
  bool is_read = false;                // the owner was not known then
};

// What there is beside the password; nothing when the owner is known.
Result<Footholds> footholds_of(const Services& s, UserId id);

// For whoever looks before that write: the user as remove_footholds() will leave them.
tables::User without_foothold_factor(tables::User user);

// Removes them (kFootholdWrites) in the write that proves the address from elsewhere, whose owner
// is known then, and audits that. API keys end by their number, listed or not. The caller ends the
// sessions and what is pending (end_other_sessions), takes the password, and puts the user; nothing
// changes when the owner was known before. Error: `conflict`, "footholds_changed", when one was
// added since they were read.
Result<void> remove_footholds(const Services& s, store::WriteTxn& tx, const Footholds& footholds,
                              tables::User& user, const Origin& origin, Time now);

// More keys than this are void, and go when they expire: a login needs room for its own writes.
inline constexpr size_t kRemovedKeys = 8;
// What is planned for; nothing stops anybody from configuring more.
inline constexpr size_t kPlannedProviders = 8;
inline constexpr size_t kFootholdWrites =
    kPlannedProviders * decltype(tables::identities)::kDelWrites +
    kRemovedKeys * decltype(tables::api_keys)::kDelWrites +
    decltype(tables::numbers)::kPutWrites +  // that voids the other keys
    decltype(tables::factors)::kDelWrites + decltype(tables::outbox)::kInsertWrites +
    2 * kAuditWrites;

// The whole of it, for the write of a login that proves the address: the password and the sessions
// go as well. The caller puts the user.
Result<tables::User> prove_from_elsewhere(const Services& s, store::WriteTxn& tx, tables::User user,
                                          const Footholds& footholds, const Origin& origin,
                                          Time now);

// For a proof that takes nothing away, the link that confirms an address, followed without a
// session or the password: refused while a claim has more than the one way in that every account
// has, since whoever follows the link would use those unseen. Errors: `forbidden`, "sign_in_first";
// `conflict` as above.
Result<void> check_has_no_footholds(const Footholds& footholds, const tables::User& user, Time now);

// Whether `act` failed because of that.
bool is_foothold_added(const Error& error);

// `act(footholds)` ends in a write with remove_footholds; it is done again, with what there is
// then, when somebody is adding at this very moment.
template <typename Act>
auto with_footholds(const Services& s, UserId id, Act act)
    -> decltype(act(std::declval<const Footholds&>())) {
  constexpr int kRounds = 5;
  for (int round = 1;; ++round) {
    const Footholds footholds = TRY(footholds_of(s, id));
    auto result = act(footholds);
    if (result || round == kRounds || !is_foothold_added(result.error())) return result;
  }
}

}  // namespace authd::auth
