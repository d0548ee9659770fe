// The ways into an account that whoever proves its address must not inherit. As long as nobody has
// proved the address, the account may be the work of somebody else, who waits for its owner to use
// it (pre-hijacking; Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
#pragma once

#include <utility>
#include <vector>

#include "auth/services.h"
#include "tables/schema.h"

namespace authd::auth {

struct Footholds {
  std::vector<tables::Identity> identities;
  std::vector<tables::ApiKey> api_keys;
  uint64_t seen = 0;  // User::footholds when they were read
};

// For the write that adds one; puts nothing. Without it the owner's proof beside that write would
// not know of the new one. The write has to look at the session again too, which that proof ends.
void note_foothold(tables::User& user);

// What there is beside the password; nothing when the address is proved.
Result<Footholds> footholds_of(const Services& s, UserId id);

// Removes them (at most 70 writes) in the write that proves the address. The caller ends the
// sessions, takes the password, and puts the user. A second factor stays in force: a mail box alone
// never gets past one. If it is a stranger's, neither gets in, and an administrator resets it.
// Error: `conflict`, "footholds_changed", when one was added since they were read.
Result<void> remove_footholds(store::WriteTxn& tx, const Footholds& footholds,
                              const tables::User& user);

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
