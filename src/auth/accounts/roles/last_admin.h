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
#include <set>
#include <utility>

#include "auth/core/rounds.h"
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
  Round* round = nullptr;       // that the witness was found in
};

// Reads the administrators, but only if `user` is an active one. Nobody of `gone` is a witness: a
// dry run has found that they could go. Error: `conflict`, "last_administrator".
Result<AdminWitness> find_admin_witness(const Services& s, UserId user, LastAdmin last,
                                        const std::set<UserId>& gone = {});

// In the write that deletes, disables or demotes `user`, as they are before it. Error: `conflict`,
// "administrators_changed", if the witness is no longer valid; another round follows.
Result<void> check_admin_witness(const Services& s, store::Reader& tx, const AdminWitness& witness,
                                 const tables::User& user);

// `act(witness)` ends in a write with check_admin_witness(); it is repeated if another
// administrator is being removed at the same moment.
template <typename Act>
auto keeping_an_admin(const Services& s, UserId user, LastAdmin last, Act act)
    -> decltype(act(std::declval<const AdminWitness&>())) {
  using Outcome = decltype(act(std::declval<const AdminWitness&>()));
  return in_rounds([&](Round& round) -> Outcome {
    AdminWitness witness = TRY(find_admin_witness(s, user, last));
    witness.round = &round;
    return act(witness);
  });
}

}  // namespace authd::auth
