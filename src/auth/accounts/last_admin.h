// Ensures that at least one administrator who can sign in remains: no API deletes, disables or
// demotes the last one. The command line does it with --force, and can create another
// administrator.
//
// A write transaction cannot scan, so another administrator, the witness, is found before it, and
// the write reads that one account again. If two administrators demote each other at the same time,
// each write reads the row that the other one changes: the second write sees that its witness is no
// longer an administrator and looks for another.
#pragma once

#include <optional>
#include <utility>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

enum class LastAdmin {
  stays,
  may_go,  // for --force
};

// The reason why an administrator may be removed, found before the write that does so.
struct AdminWitness {
  LastAdmin last = LastAdmin::stays;
  std::optional<UserId> other;  // another administrator who can sign in; nullopt: none is needed
};

// Reads the administrators, but only if `user` is an active one. Error: `conflict`,
// "last_administrator".
// "last_administrator".
Result<AdminWitness> find_admin_witness(const Services& s, UserId user, LastAdmin last);

// Call it in the write that deletes, disables or demotes `user`, with the user's row before the
// change. Error: `conflict`, "administrators_changed", when the witness is no longer valid.
Result<void> check_admin_witness(const Services& s, store::Reader& tx, const AdminWitness& witness,
                                 const tables::User& user);

// Whether `act` failed with that error.
bool is_witness_gone(const Error& error);

// Runs `act(witness)`, which ends in a write with check_admin_witness(), and repeats it when
// another administrator was removed at the same time.
template <typename Act>
auto keeping_an_admin(const Services& s, UserId user, LastAdmin last, Act act)
    -> decltype(act(std::declval<const AdminWitness&>())) {
  constexpr int kRounds = 5;
  for (int round = 1;; ++round) {
    const AdminWitness witness = TRY(find_admin_witness(s, user, last));
    auto result = act(witness);
    if (result || round == kRounds || !is_witness_gone(result.error())) return result;
  }
}

}  // namespace authd::auth
