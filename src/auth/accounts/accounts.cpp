#include "auth/accounts/accounts.h"

#include <algorithm>

#include "auth/accounts/avatars.h"
#include "auth/accounts/login_names.h"
#include "auth/accounts/setup_state.h"
#include "auth/accounts/usernames.h"
#include "auth/core/audit.h"
#include "auth/core/factor.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refusals.h"
#include "auth/core/subject.h"
#include "auth/core/ways.h"
#include "auth/passwords/new_password.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/session_tokens.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "base/text.h"
#include "config/languages.h"
#include "tables/erasure.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// A validated row of the account, without id and password.
Result<tables::User> parse_account(const NewAccount& account) {
  tables::User user;
  if (!account.username.empty()) user.username = TRY(parse_username(account.username));
  if (!account.email.empty()) user.email = TRY(parse_email(account.email));
  if (user.username.empty() && user.email.empty()) {
    return Error{ErrorCode::invalid, "An account needs a username or an email.", "username"};
  }
  user.first_name = TRY(parse_person_name(account.first_name, "first_name"));
  user.last_name = TRY(parse_person_name(account.last_name, "last_name"));
  user.phone_number = TRY(parse_phone_number(account.phone_number));
  user.locale = TRY(config::parse_locale(account.locale));
  return user;
}

Result<void> add_roles(store::Reader& tx, tables::User& user,
                       const std::vector<std::string>& names) {
  std::vector<std::string> all = {std::string(kUserRole)};
  all.insert(all.end(), names.begin(), names.end());
  for (const std::string& name : all) {
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    if (!role) return no_such_role(name, "roles");
    const auto& ids = user.role_ids;
    if (std::find(ids.begin(), ids.end(), role->id.value) == ids.end()) {
      user.role_ids.push_back(role->id.value);
    }
  }
  if (user.role_ids.size() > kMaxRolesPerUser) {
    return Error{ErrorCode::invalid, "A user has at most 32 roles.", "role"};
  }
  return {};
}

Result<void> check_free(const Services& s, store::Reader& tx, const tables::User& user,
                        const SignUpRules* rules) {
  if (rules == nullptr) return check_names_free(tx, user, UserId{});
  TRY(check_username_allowed(s, tx, user.username, UserId{}, s.clock.now()));
  tables::User names = user;
  if (rules->hides_conflicts) {
    names.email.clear();
    names.phone_number.clear();
  }
  return check_names_free(tx, names, UserId{});
}

}  // namespace

Result<tables::User> prepare_account(const Services& s, const NewAccount& account,
                                     std::string_view client, const SignUpRules* rules) {
  tables::User user = TRY(parse_account(account));
  const bool has_password = !account.passkey && !account.is_by_mail;
  if (account.is_by_mail && user.email.empty()) {
    return Error{ErrorCode::invalid, "An email is required: people sign in by mail here.", "email"};
  }
  if (has_password) {
    TRY(check_new_password(s, account.password, {user.username, user.email, false, client},
                           "password"));
  }
  // After everything else, or the order of two refusals would show which names are only kept.
  TRY(s.store.read([&](store::ReadTxn& tx) { return check_free(s, tx, user, rules); }));
  const Time now = s.clock.now();
  if (has_password) {
    user.password_hash = TRY(s.hasher.hash(account.password));
    user.password_changed_at = now;
  }
  user.created_at = now;
  user.updated_at = now;
  return user;
}

Result<void> check_new_names(const Services& s, const NewAccount& account,
                             const SignUpRules* rules) {
  const tables::User user = TRY(parse_account(account));
  return s.store.read([&](store::ReadTxn& tx) { return check_free(s, tx, user, rules); });
}

Result<void> apply_profile(const ProfileChange& change, tables::User& user) {
  if (change.username) {
    user.username = change.username->empty() ? "" : TRY(parse_username(*change.username));
  }
  if (change.email) {
    const std::string email = change.email->empty() ? "" : TRY(parse_email(*change.email));
    if (tables::fold(email) != tables::fold(user.email)) {
      user.email_verified = false;
      user.mailbox_alone = false;
      raise_epoch(user, Way::email_change);  // A change requested earlier is void.
    }
    user.email = email;
  }
  if (user.username.empty() && user.email.empty()) {
    return Error{ErrorCode::invalid, "An account keeps a username or an email.",
                 change.username ? "username" : "email"};
  }
  if (change.first_name) {
    user.first_name = TRY(parse_person_name(*change.first_name, "first_name"));
  }
  if (change.last_name) user.last_name = TRY(parse_person_name(*change.last_name, "last_name"));
  if (change.phone_number) user.phone_number = TRY(parse_phone_number(*change.phone_number));
  if (change.locale) user.locale = TRY(config::parse_locale(*change.locale));
  return {};
}

Result<WantedNames> wanted_names(const ProfileChange& change) {
  WantedNames wanted{change.username, change.email, {}};
  if (change.phone_number) wanted.phone_number = TRY(parse_phone_number(*change.phone_number));
  return wanted;
}

Result<void> write_attributes(const Services& s, store::WriteTxn& tx, UserId user,
                              const AttributeChanges& changes, const Origin& origin, Time now) {
  if (changes.empty()) return {};
  const std::string changed = TRY(change_attributes(tx, user, changes));
  if (changed.empty()) return {};
  audit(s, tx, origin, {"attributes_changed", user, "ok", {}, changed}, now);
  return {};
}

namespace {

// `owner` is nullptr when somebody else makes the change.
Result<AccountView> write_profile(const Services& s, UserId id, const ProfileChange& change,
                                  const NameChange& names, const Person* owner,
                                  const Origin& origin) {
  const Time now = s.clock.now();
  const std::string session = owner == nullptr ? "" : owner->session().id;
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<AccountView> {
    if (owner != nullptr) TRY(still_signed_in(tx, *owner, now));
    const std::optional<tables::User> current = tables::find_user(tx, id);
    if (!current) return no_such_user();
    TRY(check_key_reach(tx, origin, *current));
    TRY(check_admin_witness(s, tx, witness, *current));
    tables::User user = *current;
    TRY(apply_profile(change, user));
    TRY(check_names_free(tx, user, id));
    TRY(settle_names(s, tx, names, *current, user, session, now));
    user.updated_at = now;
    tables::put_user(tx, user);
    if (!change.is_of_attributes()) audit(s, tx, origin, {"profile_changed", id}, now);
    TRY(write_attributes(s, tx, id, change.attributes, origin, now));
    AccountView view = view_of(tx, std::move(user));
    view.attributes = attributes_of(tx, s.config, id);
    return view;
  };
  // Where confirmation is required, nobody can sign in with an unconfirmed address.
  const bool locks_out = names.is_readdressed && s.config.signup.require_verified_email;
  const LastAdmin last = locks_out ? LastAdmin::stays : LastAdmin::may_go;
  return keeping_an_admin(s, id, last, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  });
}

}  // namespace

bool ProfileChange::is_of_attributes() const {
  return !attributes.empty() && !username && !email && !first_name && !last_name && !phone_number &&
         !locale;
}

Result<void> check_names_free(store::Reader& tx, const tables::User& user, UserId self) {
  if (const auto other = tables::find_user_by_username(tx, user.username);
      other && other->id != self) {
    return username_taken();
  }
  if (const auto other = tables::find_user_by_email(tx, user.email); other && other->id != self) {
    return Error{ErrorCode::conflict, "An account with this email already exists.", "email",
                 "email_taken"};
  }
  if (const auto other = tables::find_user_by_phone(tx, user.phone_number);
      other && other->id != self) {
    return Error{ErrorCode::conflict, "An account with this phone number already exists.",
                 "phone_number", "phone_number_taken"};
  }
  return {};
}

// Does not change `prepared`, so that the closure can run again.
Result<tables::User> insert_account(const Services& s, store::WriteTxn& tx,
                                    const tables::User& prepared,
                                    const std::vector<std::string>& roles) {
  TRY(check_names_free(tx, prepared, UserId{}));
  tables::User user = prepared;
  TRY(add_roles(tx, user, roles));
  if (std::find(roles.begin(), roles.end(), kAdminRole) != roles.end()) close_setup(tx);
  // An import that keeps ids may have used some inside a reserved block.
  do {
    user.id = UserId{tables::next_number(tx, kUserCounter,
                                         {.writer = s.writer, .block = s.store.number_block()})};
  } while (tables::find_user(tx, user.id) || tables::is_being_erased(tx, user.id));
  ensure_subject(s, user);
  tables::put_user(tx, user);
  return user;
}

Result<tables::User> create_account(const Services& s, const NewAccount& account,
                                    const Origin& origin) {
  for (const std::string& role : account.roles)
    TRY(check_key_grants(origin, role));
  TRY(check_attribute_changes(s.config, account.attributes, AttributeSide::admin));
  const tables::User prepared = TRY(prepare_account(s, account, origin.client));
  return s.store.write([&](store::WriteTxn& tx) -> Result<tables::User> {
    tables::User user = TRY(insert_account(s, tx, prepared, account.roles));
    audit(s, tx, origin, {"account_created", user.id}, prepared.created_at);
    TRY(write_attributes(s, tx, user.id, account.attributes, origin, prepared.created_at));
    return user;
  });
}

Result<AccountView> change_profile(const Services& s, UserId id, const ProfileChange& change,
                                   const Origin& origin) {
  TRY(check_attribute_changes(s.config, change.attributes, AttributeSide::admin));
  const NameChange names = TRY(look_at_names(s, id, TRY(wanted_names(change)), origin));
  return write_profile(s, id, change, names, nullptr, origin);
}

Result<AccountView> change_own_profile(const Services& s, const Person& caller,
                                       const ProfileChange& change, const Origin& origin) {
  const UserId id = caller.user().id;
  TRY(check_attribute_changes(s.config, change.attributes, AttributeSide::owner));
  NameChange names = TRY(look_at_names(s, id, TRY(wanted_names(change)), origin));
  names.is_by_owner = true;
  if (names.any()) TRY(require_fresh_proof(caller, s.clock.now()));
  return write_profile(s, id, change, names, &caller, origin);
}

namespace {

// What the owner is told, at the address that the account has before the change.
Result<std::optional<tables::Mail>> make_end_notice(const Services& s, UserId id,
                                                    tables::MailKind kind, const Origin& origin,
                                                    Time now) {
  using Notice = std::optional<tables::Mail>;
  return s.store.read([&](store::ReadTxn& tx) -> Result<Notice> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    // The address of an administrator is nobody else's business.
    const std::string from = origin.actor == id ? where_from(origin) : "";
    return make_repeatable_notice(s, kind, *user, from, origin, now);
  });
}

// `owner` is nullptr when somebody else deletes the account.
Result<void> erase_account(const Services& s, UserId id, const Person* owner, const Origin& origin,
                           LastAdmin last) {
  const Time now = s.clock.now();
  const auto notice = TRY(make_end_notice(s, id, tables::MailKind::account_deleted, origin, now));
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<void> {
    if (owner != nullptr) TRY(still_signed_in(tx, *owner, now));
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    TRY(check_admin_witness(s, tx, witness, *user));
    if (notice && notice->to == user->email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"account_deleted", id}, now);
    tables::mark_erased(tx, *user, now);
    keep_username(s, tx, user->username, id, now);
    return {};
  };
  TRY(keeping_an_admin(s, id, last, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  }));
  // The account is deleted. The server's job completes whatever fails here.
  if (const Result<void> erased = tables::erase_owned(s.store, id); !erased) {
    s.log.warn("what a deleted user owned is erased later",
               {{"user_id", id.value}, {"cause", erased.error().message}});
  }
  return {};
}

}  // namespace

Result<void> delete_account(const Services& s, UserId id, const Origin& origin, LastAdmin last) {
  return erase_account(s, id, nullptr, origin, last);
}

Result<void> delete_own_account(const Services& s, const Person& caller, const Origin& origin) {
  return erase_account(s, caller.user().id, &caller, origin, LastAdmin::stays);
}

Result<void> set_disabled(const Services& s, UserId id, bool disabled, const Origin& origin,
                          LastAdmin last) {
  const Time now = s.clock.now();
  const auto notice = TRY(make_end_notice(s, id, tables::MailKind::account_disabled, origin, now));
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    if (disabled) TRY(check_admin_witness(s, tx, witness, *user));
    const bool is_news = disabled && !user->disabled;
    user->disabled = disabled;
    if (disabled) user->session_epoch += 1;
    if (is_news && notice && notice->to == user->email) tables::insert_mail(tx, *notice);
    user->updated_at = now;
    tables::put_user(tx, *user);
    audit(s, tx, origin, {disabled ? "account_disabled" : "account_enabled", id}, now);
    return {};
  };
  const LastAdmin kept = disabled ? last : LastAdmin::may_go;
  return keeping_an_admin(s, id, kept, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  });
}

}  // namespace authd::auth
