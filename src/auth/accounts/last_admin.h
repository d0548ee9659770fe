// An administrator who can sign in is always left: the last one is not deleted, disabled or demoted
// by any API. `authd` on the command line may do it with --force, and can make another one.
//
// A write cannot scan, so another administrator is looked for before it, and the write reads that
// one account again. Two administrators who demote each other at once both read the row that the
// other one writes: the second write sees that its witness is gone and looks for another.
#pragma once

#include <optional>
#include <utility>

#include "auth/core/rounds.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

enum class LastAdmin {
  stays,
  may_go,  // --force
};

// Why an account may go, found before the write that takes it away.
struct AdminWitness {
  LastAdmin last = LastAdmin::stays;
  std::optional<UserId> other;  // another administrator who can sign in; nullopt: none is needed
  Round* round = nullptr;       // that the witness was found in
};

// Reads the administrators, and only when `user` is an active one. Error: `conflict`,
// "last_administrator".
Result<AdminWitness> find_admin_witness(const Services& s, UserId user, LastAdmin last);

// In the write that deletes, disables or demotes `user`, as they are before it. Error: `conflict`,
// "administrators_changed", when the witness does not hold any more; another round follows.
Result<void> check_admin_witness(const Services& s, store::Reader& tx, const AdminWitness& witness,
                                 const tables::User& user);

// `act(witness)` ends in a write with check_admin_witness(); it is done again when another
// administrator is being removed at this very moment.
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
