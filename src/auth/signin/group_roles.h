// Roles from the groups that a provider reports for a person (providers.<name>.groups_claim and
// role_map). At each login, the roles of the map are granted or revoked according to the groups;
// roles that the map does not name stay as they are. The last administrator who can sign in stays
// one, whatever the groups say.
//
// Two parts, because a write transaction cannot look for another administrator: prepare() comes
// before it, apply() is inside.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "auth/accounts/roles/last_admin.h"
#include "auth/core/services.h"
#include "auth/signin/id_token.h"

namespace authd::auth {

class GroupRoles {
 public:
  GroupRoles(const Services& s, const config::Provider& provider, const ProvidedPerson& person);

  // Outside of any transaction. `user` is nullopt if the account does not exist yet.
  Result<void> prepare(std::optional<UserId> user);
  // Changes the roles of `user`, which the caller stores (at most kRoleWrites more writes); without
  // `with_passkey_roles`, those of passkeys.required_for are not granted. Errors: `conflict`,
  // "administrators_changed", after which another round follows.
  Result<void> apply(store::WriteTxn& tx, tables::User& user, Round& round, const Origin& origin,
                     Time now, bool with_passkey_roles) const;

 private:
  const Services& s_;
  const config::Provider& provider_;
  bool is_known_ = false;         // the groups are known
  std::set<std::string> wanted_;  // of the map
  AdminWitness witness_;
  bool keeps_admin_ = false;
};

// Index entries of roles, the audit entry, and the mark of the setup.
inline constexpr size_t kRoleWrites = 8 + 2 + 1;

}  // namespace authd::auth
