#include "auth/accounts/account/put_account.h"

#include <algorithm>

#include "auth/accounts/roles/setup_state.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/roles.h"
#include "base/text.h"
#include "crypto/passwords/password_hash.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::User;
using Texts = std::vector<std::string>;

bool has(const Texts& texts, std::string_view wanted) {
  return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

// Without those that are there twice, and without "user", which is not a matter of declarations.
Texts roles_beyond_user(const Texts& names) {
  Texts roles;
  for (const std::string& name : names) {
    if (name != kUserRole && !has(roles, name)) roles.push_back(name);
  }
  return roles;
}

Result<void> check_roles(store::Reader& tx, const Texts& roles, const Texts& expected) {
  for (const std::string& name : roles) {
    if (!is_role_name(name)) return no_such_role(name, "roles");
    if (!has(expected, name) && !tables::find_role_by_name(tx, name))
      return no_such_role(name, "roles");
  }
  if (roles.size() < kMaxRolesPerUser) return {};
  return Error{ErrorCode::invalid, "A user has at most 32 roles.", "roles"};
}

// As it is stored.
Result<std::string> login_of(const WantedAccount& wanted) {
  const bool is_email = wanted.login.find('@') != std::string::npos;
  return is_email ? parse_email(wanted.login) : parse_username(wanted.login);
}

Result<void> check_shape(const Services& s, const WantedAccount& wanted) {
  TRY(check_attribute_changes(s.config, wanted.profile.attributes, AttributeSide::admin));
  if (wanted.password_hash.empty() || crypto::is_supported_hash(wanted.password_hash)) return {};
  return Error{ErrorCode::invalid,
               "This is not a password hash in a format that this server can verify.",
               "password_hash"};
}

// The account that the login names, or an empty one with that name.
Result<User> beginning(const WantedAccount& wanted, const std::optional<User>& before) {
  if (before) return *before;
  User user;
  const std::string login = TRY(login_of(wanted));
  (login.find('@') == std::string::npos ? user.username : user.email) = login;
  return user;
}

void set_verified(const WantedAccount& wanted, User& user) {
  if (!wanted.email_verified || user.email.empty()) return;
  const bool is_owners = user.email_verified && !user.mailbox_alone;
  if (*wanted.email_verified == is_owners) return;
  user.email_verified = *wanted.email_verified;
  user.mailbox_alone = false;
}

// Everything that is in the row but the roles.
Result<User> changed_row(const WantedAccount& wanted, const std::optional<User>& before) {
  User user = TRY(beginning(wanted, before));
  TRY(apply_profile(wanted.profile, user));
  set_verified(wanted, user);
  if (wanted.disabled) user.disabled = *wanted.disabled;
  if (user.password_hash.empty()) user.password_hash = wanted.password_hash;
  return user;
}

bool is_same_row(const User& a, const User& b) {
  return tables::encode_row(a) == tables::encode_row(b);
}

void apply_attributes(const AttributeChanges& changes, AttributeValues& values) {
  for (const auto& [name, value] : changes) {
    if (value && !is_empty(*value)) {
      values.insert_or_assign(name, *value);
    } else if (const auto found = values.find(name); found != values.end()) {
      values.erase(found);
    }
  }
}

bool are_same(Texts a, Texts b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

Result<Put<AccountState>> decide(store::Reader& tx, const WantedAccount& wanted,
                                 const std::optional<User>& found, const Texts& expected) {
  Put<AccountState> put;
  if (found) {
    AccountView view = view_of(tx, *found);
    put.before = AccountState{*found, std::move(view.roles), stored_attributes(tx, found->id)};
    put.row = *put.before;
  } else {
    put.row.roles = {std::string(kUserRole)};
  }
  put.row.user = TRY(changed_row(wanted, found));
  TRY(check_names_free(tx, put.row.user, id_of(found)));
  if (wanted.roles) {
    const Texts roles = roles_beyond_user(*wanted.roles);
    TRY(check_roles(tx, roles, expected));
    const bool is_user = has(put.row.roles, kUserRole);
    Texts all = is_user ? Texts{std::string(kUserRole)} : Texts{};
    all.insert(all.end(), roles.begin(), roles.end());
    if (!are_same(all, put.row.roles)) put.row.roles = all;
  }
  apply_attributes(wanted.profile.attributes, put.row.attributes);
  const bool is_same = found && is_same_row(*found, put.row.user) &&
                       put.row.roles == put.before->roles &&
                       put.row.attributes == put.before->attributes;
  put.outcome = !found ? PutOutcome::made : is_same ? PutOutcome::same : PutOutcome::changed;
  return put;
}

// Notices for the owner, made before the write.
struct Notices {
  NameChange names;
  std::optional<tables::Mail> disabled;
  std::optional<tables::Mail> promoted;
};

bool becomes_admin(const Put<AccountState>& put) {
  return has(put.row.roles, kAdminRole) && !(put.before && has(put.before->roles, kAdminRole));
}

Result<Notices> make_notices(const Services& s, const WantedAccount& wanted,
                             const Put<AccountState>& put, const Origin& origin, Time now) {
  Notices notices;
  if (!put.before) return notices;
  const User& user = put.before->user;
  notices.names = TRY(look_at_names(s, user.id, TRY(wanted_names(wanted.profile)), origin));
  if (put.row.user.disabled && !user.disabled) {
    notices.disabled =
        make_repeatable_notice(s, tables::MailKind::account_disabled, user, "", origin, now);
  }
  if (becomes_admin(put))
    notices.promoted = make_notice(s, tables::MailKind::made_administrator, user, "", origin, now);
  return notices;
}

Result<void> check_grants(const Origin& origin, const Put<AccountState>& put) {
  return becomes_admin(put) ? check_key_grants(origin, kAdminRole) : Result<void>();
}

// "+editor -viewer"
Result<std::string> move_roles(store::WriteTxn& tx, const Put<AccountState>& put, User& user) {
  std::string moved;
  const auto note = [&](char sign, const std::string& name) {
    moved += (moved.empty() ? "" : " ") + std::string(1, sign) + name;
  };
  for (const std::string& name : put.before->roles) {
    if (has(put.row.roles, name)) continue;
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    if (role && take_role(user, role->id)) note('-', name);
  }
  for (const std::string& name : put.row.roles) {
    if (has(put.before->roles, name)) continue;
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    if (!role) return no_such_role(name, "roles");
    give_role(user, role->id);
    user.is_claim = false;  // Whoever grants permissions knows whose account it is.
    note('+', name);
  }
  if (user.role_ids.size() <= kMaxRolesPerUser) return moved;
  return Error{ErrorCode::invalid, "A user has at most 32 roles.", "roles"};
}

// The log tells each part of the change as the single commands would.
void tell(const Services& s, store::WriteTxn& tx, const Put<AccountState>& put,
          const std::string& roles, bool is_profile, const Origin& origin, Time now) {
  const User& user = put.row.user;
  const User& before = put.before->user;
  if (is_profile) audit(s, tx, origin, {"profile_changed", user.id}, now);
  if (user.email_verified && !before.email_verified)
    audit(s, tx, origin, {"email_verified", user.id, "ok", "", "declared"}, now);
  if (before.password_hash.empty() && !user.password_hash.empty())
    audit(s, tx, origin, {"password_set", user.id}, now);
  if (!roles.empty()) audit(s, tx, origin, {"roles_set", user.id, "ok", "", roles}, now);
  if (user.disabled == before.disabled) return;
  audit(s, tx, origin, {user.disabled ? "account_disabled" : "account_enabled", user.id}, now);
}

bool differs_in_profile(const User& a, const User& b) {
  return a.username != b.username || a.email != b.email || a.first_name != b.first_name ||
         a.last_name != b.last_name || a.phone_number != b.phone_number;
}

Result<void> store_change(const Services& s, store::WriteTxn& tx, const WantedAccount& wanted,
                          Put<AccountState>& put, const Notices& notices, const Origin& origin,
                          Time now) {
  const User before = put.before->user;
  User& user = put.row.user;
  TRY(settle_names(s, tx, notices.names, before, user, "", now));
  if (user.disabled && !before.disabled) end_other_sessions(tx, user, "");
  if (user.disabled != before.disabled) {
    user.retention_step = tables::RetentionStep::none;
    user.retention_at = user.disabled ? Time{} : now;  // a fresh period (auth/upkeep/retention.h)
  }
  if (before.password_hash.empty() && !user.password_hash.empty()) {
    user.password_changed_at = now;
    raise_epoch(user, Way::trust);
  }
  const std::string roles = TRY(move_roles(tx, put, user));
  if (becomes_admin(put)) close_setup(tx);
  user.updated_at = now;
  tables::put_user(tx, user);
  for (const auto& notice : {notices.disabled, notices.promoted}) {
    if (notice && notice->to == user.email) tables::insert_mail(tx, *notice);
  }
  tell(s, tx, put, roles, differs_in_profile(before, user), origin, now);
  return write_attributes(s, tx, user.id, wanted.profile.attributes, origin, now);
}

Result<void> store_new(const Services& s, store::WriteTxn& tx, const WantedAccount& wanted,
                       Put<AccountState>& put, const Origin& origin, Time now) {
  User user = put.row.user;
  user.created_at = now;
  user.updated_at = now;
  if (!user.password_hash.empty()) user.password_changed_at = now;
  put.row.user = TRY(insert_account(s, tx, user, put.row.roles));
  const UserId id = put.row.user.id;
  audit(s, tx, origin, {"account_created", id}, now);
  return write_attributes(s, tx, id, wanted.profile.attributes, origin, now);
}

Error moved_on(const AdminWitness& witness) {
  return witness.round != nullptr ? witness.round->moved(account_changed()) : account_changed();
}

// One round: look, work, decide. Another one follows if the account has changed meanwhile.
Result<Put<AccountState>> put_once(const Services& s, const WantedAccount& wanted,
                                   const Origin& origin, Round& round) {
  const Time now = s.clock.now();
  using Look = Put<AccountState>;
  const Look seen = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Look> {
    Look look = TRY(look_at_account(s, tx, wanted, {}));
    if (look.before) TRY(check_key_reach(tx, origin, look.before->user));
    return look;
  }));
  TRY(check_grants(origin, seen));
  if (seen.outcome == PutOutcome::same) return seen;
  const Notices notices = TRY(make_notices(s, wanted, seen, origin, now));
  // Where confirmation is required, nobody can sign in with an unconfirmed address.
  const bool locks_out = notices.names.is_readdressed && s.config.signup.require_verified_email;
  const bool may_end_admin = seen.before && (locks_out || ends_an_admin(seen));
  AdminWitness witness{LastAdmin::may_go, {}, nullptr};
  if (may_end_admin) witness = TRY(find_admin_witness(s, seen.before->user.id, LastAdmin::stays));
  witness.round = &round;
  return s.store.write([&](store::WriteTxn& tx) -> Result<Look> {
    Look put = TRY(look_at_account(s, tx, wanted, {}));
    const bool is_as_seen = put.outcome == seen.outcome &&
                            put.before.has_value() == seen.before.has_value() &&
                            (!put.before || is_same_row(put.before->user, seen.before->user));
    if (!is_as_seen) return moved_on(witness);
    if (put.before) {
      TRY(check_key_reach(tx, origin, put.before->user));
      TRY(check_admin_witness(s, tx, witness, put.before->user));
      TRY(store_change(s, tx, wanted, put, notices, origin, now));
    } else {
      TRY(store_new(s, tx, wanted, put, origin, now));
    }
    return put;
  });
}

}  // namespace

bool ends_an_admin(const Put<AccountState>& put) {
  if (!put.before || !has(put.before->roles, kAdminRole) || put.before->user.disabled) return false;
  return put.row.user.disabled || !has(put.row.roles, kAdminRole);
}

Result<Put<AccountState>> look_at_account(const Services& s, store::Reader& tx,
                                          const WantedAccount& wanted,
                                          const std::vector<std::string>& expected) {
  const std::string login = TRY(login_of(wanted));
  TRY(check_shape(s, wanted));
  return decide(tx, wanted, find_by_login(tx, login), expected);
}

Result<Put<AccountState>> put_account(const Services& s, const WantedAccount& wanted,
                                      const Origin& origin) {
  return in_rounds([&](Round& round) { return put_once(s, wanted, origin, round); });
}

}  // namespace authd::auth
