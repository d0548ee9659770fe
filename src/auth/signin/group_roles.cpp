#include "auth/signin/group_roles.h"

#include <algorithm>

#include "auth/accounts/roles/setup_state.h"
#include "auth/core/audit/audit.h"
#include "auth/sessions/roles.h"
#include "config/reading/providers.h"
#include "tables/roles.h"

namespace authd::auth {
namespace {

static_assert(kRoleWrites == config::kMaxMappedRoles + kAuditWrites + 1);

bool has_role(const tables::User& user, const tables::Role& role) {
  const auto& ids = user.role_ids;
  return std::find(ids.begin(), ids.end(), role.id.value) != ids.end();
}

}  // namespace

GroupRoles::GroupRoles(const Services& s, const config::Provider& provider,
                       const ProvidedPerson& person)
    : s_(s), provider_(provider) {
  if (provider.groups_claim.empty()) return;
  if (!person.groups && person.has_groups_elsewhere) {
    // Microsoft Entra names more than 200 groups at another address (groups overage claim).
    s.log.warn("the groups of a person are not in the ID token, so the roles stay as they are",
               {{"provider", provider.name}, {"subject", person.subject}});
    return;
  }
  is_known_ = true;
  const std::vector<std::string> groups = person.groups.value_or(std::vector<std::string>{});
  for (const std::string& mapping : provider.role_map) {
    const auto [group, role] = config::mapping_of(mapping);
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) wanted_.emplace(role);
  }
}

Result<void> GroupRoles::prepare(std::optional<UserId> user) {
  const std::set<std::string> all = config::roles_of_map(provider_);
  const std::string admin(kAdminRole);
  keeps_admin_ = false;
  witness_ = {};
  if (!is_known_ || !user || !all.contains(admin) || wanted_.contains(admin)) return {};
  Result<AdminWitness> witness = find_admin_witness(s_, *user, LastAdmin::stays);
  if (witness) {
    witness_ = *witness;
    return {};
  }
  if (witness.error().name != "last_administrator") return witness.error();
  keeps_admin_ = true;
  s_.log.warn("the groups of the last administrator do not grant the role any more; it stays",
              {{"provider", provider_.name}, {"user", user->value}});
  return {};
}

Result<void> GroupRoles::apply(store::WriteTxn& tx, tables::User& user, Round& round,
                               const Origin& origin, Time now, bool with_passkey_roles) const {
  if (!is_known_) return {};
  AdminWitness witness = witness_;
  witness.round = &round;
  const auto needs_passkey_for = [&](const std::string& name) {
    const auto& names = s_.config.passkeys.required_for;
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::string changes;
  for (const std::string& name : config::roles_of_map(provider_)) {
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    // "user" is the role of every account.
    if (!role || name == kUserRole) continue;
    const bool is_wanted = wanted_.contains(name);
    const bool is_admin = name == kAdminRole;
    if (is_wanted == has_role(user, *role) || (is_admin && keeps_admin_)) continue;
    if (is_wanted && !with_passkey_roles && needs_passkey_for(name)) continue;
    if (is_wanted) {
      if (user.role_ids.size() >= kMaxRolesPerUser) continue;
      if (is_admin) close_setup(tx);
      give_role(user, role->id);
      user.is_claim = false;  // Whoever grants permissions knows whose account it is.
    } else {
      if (is_admin) TRY(check_admin_witness(s_, tx, witness, user));
      take_role(user, role->id);
    }
    changes += (changes.empty() ? "" : " ") + std::string(is_wanted ? "+" : "-") + name;
  }
  if (changes.empty()) return {};
  user.updated_at = now;
  audit(s_, tx, origin, {"roles_from_groups", user.id, "ok", provider_.name, changes}, now);
  return {};
}

}  // namespace authd::auth
