#include "auth/accounts/roles/role_grants.h"

#include <algorithm>

#include "auth/accounts/roles/setup_state.h"
#include "auth/core/audit/audit.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/sessions/roles.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {

namespace {

struct Found {
  tables::User user;
  tables::Role role;
};

Result<Found> find_both(store::Reader& tx, UserId user_id, std::string_view role_name,
                        const Origin& origin) {
  std::optional<tables::User> user = tables::find_user(tx, user_id);
  if (!user) return no_such_user();
  TRY(check_key_reach(tx, origin, *user));
  std::optional<tables::Role> role = tables::find_role_by_name(tx, role_name);
  if (!role) return no_such_role(role_name);
  return Found{std::move(*user), std::move(*role)};
}

// For a new administrator; nullopt for other roles.
Result<std::optional<tables::Mail>> make_grant_notice(const Services& s, UserId id,
                                                      std::string_view role_name,
                                                      const Origin& origin, Time now) {
  using Notice = std::optional<tables::Mail>;
  if (role_name != kAdminRole) return Notice{};
  return s.store.read([&](store::ReadTxn& tx) -> Result<Notice> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    return make_notice(s, tables::MailKind::made_administrator, *user, "", origin, now);
  });
}

}  // namespace

Result<bool> grant_role(const Services& s, UserId user_id, std::string_view role_name,
                        const Origin& origin) {
  const Time now = s.clock.now();
  TRY(check_key_grants(origin, role_name));
  const auto notice = TRY(make_grant_notice(s, user_id, role_name, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    auto [user, role] = TRY(find_both(tx, user_id, role_name, origin));
    const uint64_t id = role.id.value;
    if (std::find(user.role_ids.begin(), user.role_ids.end(), id) != user.role_ids.end()) {
      return false;
    }
    if (user.role_ids.size() >= kMaxRolesPerUser) {
      return Error{ErrorCode::invalid, "A user has at most 32 roles.", "role"};
    }
    if (role_name == kAdminRole) close_setup(tx);
    give_role(user, role.id);
    user.is_claim = false;  // Whoever grants permissions knows whose account it is.
    user.updated_at = now;
    tables::put_user(tx, user);
    // To the address as it is now: it may have changed since the notice was made.
    if (notice && notice->to == user.email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"role_granted", user_id, "ok", role_name}, now);
    return true;
  });
}

Result<bool> revoke_role(const Services& s, UserId user_id, std::string_view role_name,
                         const Origin& origin, LastAdmin last) {
  const Time now = s.clock.now();
  const bool is_admin = role_name == kAdminRole;
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<bool> {
    auto [user, role] = TRY(find_both(tx, user_id, role_name, origin));
    if (is_admin) TRY(check_admin_witness(s, tx, witness, user));
    if (!take_role(user, role.id)) return false;
    user.updated_at = now;
    tables::put_user(tx, user);
    audit(s, tx, origin, {"role_revoked", user_id, "ok", role_name}, now);
    return true;
  };
  const LastAdmin kept = is_admin ? last : LastAdmin::may_go;
  return keeping_an_admin(s, user_id, kept, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  });
}

}  // namespace authd::auth
