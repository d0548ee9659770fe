#include "auth/accounts/account/accounts.h"

#include <algorithm>

#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/names/login_names.h"
#include "auth/accounts/names/usernames.h"
#include "auth/accounts/profile/avatars.h"
#include "auth/accounts/roles/setup_state.h"
#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/logout_notices.h"
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
  if (rules == nullptr) return check_names_free(tx, user);
  TRY(check_username_allowed(s, tx, user.username, std::nullopt, s.clock.now()));
  tables::User names = user;
  if (rules->hides_conflicts) {
    names.email.clear();
    names.phone_number.clear();
  }
  return check_names_free(tx, names);
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

namespace {

Result<void> set_verified(bool is_verified, tables::User& user) {
  if (!is_verified) {
    user.email_verified = false;
    user.mailbox_alone = false;
    return {};
  }
  if (user.email.empty()) {
    return Error{ErrorCode::invalid, "This account has no email.", "email_verified"};
  }
  note_owner(user);
  return {};
}

}  // namespace

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
  if (change.email_verified) TRY(set_verified(*change.email_verified, user));
  user.must_change_password = change.must_change_password.value_or(user.must_change_password);
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

// What the log tells of the change, beside its attributes.
void tell_profile(const Services& s, store::WriteTxn& tx, const ProfileChange& change,
                  const tables::User& before, const tables::User& user, const Origin& origin,
                  Time now) {
  if (!change.is_beside_fields()) audit(s, tx, origin, {"profile_changed", user.id}, now);
  if (change.email_verified && user.email_verified != before.email_verified) {
    const char* action = user.email_verified ? "email_verified" : "email_unverified";
    audit(s, tx, origin, {action, user.id, "ok", "", "by an administrator"}, now);
  }
  if (user.must_change_password != before.must_change_password) {
    const char* detail = user.must_change_password ? "" : "taken back";
    audit(s, tx, origin, {"password_change_required", user.id, "ok", "", detail}, now);
  }
}

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
    tell_profile(s, tx, change, *current, user, origin, now);
    TRY(write_attributes(s, tx, id, change.attributes, origin, now));
    AccountView view = view_of(tx, std::move(user));
    view.attributes = attributes_of(tx, s.config, id);
    return view;
  };
  // Where confirmation is required, nobody can sign in with an unconfirmed address.
  const bool is_unverified = names.is_readdressed || change.email_verified == false;
  const bool locks_out = is_unverified && s.config.signup.require_verified_email;
  const LastAdmin last = locks_out ? LastAdmin::stays : LastAdmin::may_go;
  return keeping_an_admin(s, id, last, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  });
}

}  // namespace

bool ProfileChange::is_beside_fields() const {
  return (!attributes.empty() || email_verified || must_change_password) && !username && !email &&
         !first_name && !last_name && !phone_number && !locale;
}

Result<void> check_names_free(store::Reader& tx, const tables::User& user,
                              std::optional<UserId> self) {
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
  TRY(check_names_free(tx, prepared));
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
  tables::User prepared = TRY(prepare_account(s, account, origin.client));
  prepared.must_change_password = account.must_change_password;
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

// The notice to the owner, at the address that the account has before the change.
Result<std::optional<tables::Mail>> make_end_notice(const Services& s, UserId id,
                                                    tables::MailKind kind, std::string_view detail,
                                                    const Origin& origin, Time now) {
  using Notice = std::optional<tables::Mail>;
  return s.store.read([&](store::ReadTxn& tx) -> Result<Notice> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    return make_repeatable_notice(s, kind, *user, detail, origin, now);
  });
}

// How an account ends.
struct Ending {
  const Person* owner = nullptr;   // who deletes it; nullptr: somebody else
  const Unused* unused = nullptr;  // why, if nobody decided it
  LastAdmin last = LastAdmin::stays;

  bool holds(store::Reader& tx, const tables::User& user) const {
    return unused == nullptr || unused->holds(tx, user);
  }
  std::string_view reason() const {
    return unused == nullptr ? std::string_view() : std::string_view(unused->reason);
  }
};

Result<void> erase_now(const Services& s, UserId id) {
  TRY(expand_all_notices(s, id));
  return tables::erase_owned(s.store, id);
}

Result<bool> erase_account(const Services& s, UserId id, const Ending& ending,
                           const Origin& origin) {
  const Time now = s.clock.now();
  // The address of an administrator is nobody else's business.
  const std::string from = origin.actor == id ? where_from(origin) : "";
  const auto notice =
      TRY(make_end_notice(s, id, tables::MailKind::account_deleted, from, origin, now));
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<bool> {
    if (ending.owner != nullptr) TRY(still_signed_in(tx, *ending.owner, now));
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    TRY(check_admin_witness(s, tx, witness, *user));
    if (!ending.holds(tx, *user)) return false;
    if (notice && notice->to == user->email) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"account_deleted", id, "ok", {}, ending.reason()}, now);
    tell_of_deletion(tx, *user);
    tables::mark_erased(tx, *user, now);
    keep_username(s, tx, user->username, id, now);
    return true;
  };
  const bool is_deleted =
      TRY(keeping_an_admin(s, id, ending.last, [&](const AdminWitness& witness) {
        return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
      }));
  if (!is_deleted) return false;
  // The account is deleted. The server's job completes whatever fails here.
  if (const Result<void> erased = erase_now(s, id); !erased) {
    s.log.warn("what a deleted user owned is erased later",
               {{"user_id", id.value}, {"cause", erased.error().message}});
  }
  return true;
}

// A person's decision voids the steps before it.
void note_retention(tables::User& user, bool is_unused, Time now) {
  using tables::RetentionStep;
  user.retention_step = is_unused ? RetentionStep::disabled : RetentionStep::none;
  user.retention_at = is_unused || !user.disabled ? now : Time{};
}

Result<bool> switch_account(const Services& s, UserId id, bool disabled, const Ending& ending,
                            const Origin& origin) {
  const Time now = s.clock.now();
  const bool is_unused = ending.unused != nullptr;
  const auto notice = TRY(make_end_notice(s, id, tables::MailKind::account_disabled,
                                          is_unused ? "unused" : "", origin, now));
  const auto decide = [&](store::WriteTxn& tx, const AdminWitness& witness) -> Result<bool> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    if (disabled) TRY(check_admin_witness(s, tx, witness, *user));
    if (!ending.holds(tx, *user)) return false;
    const bool is_news = disabled && !user->disabled;
    user->disabled = disabled;
    if (disabled) end_other_sessions(tx, *user, "");
    note_retention(*user, is_unused, now);
    if (is_news && notice && notice->to == user->email) tables::insert_mail(tx, *notice);
    user->updated_at = now;
    tables::put_user(tx, *user);
    const std::string_view action = disabled ? "account_disabled" : "account_enabled";
    audit(s, tx, origin, {action, id, "ok", {}, ending.reason()}, now);
    return true;
  };
  const LastAdmin kept = disabled ? ending.last : LastAdmin::may_go;
  return keeping_an_admin(s, id, kept, [&](const AdminWitness& witness) {
    return s.store.write([&](store::WriteTxn& tx) { return decide(tx, witness); });
  });
}

// Somebody deleted the account in the meantime.
Result<bool> or_gone(Result<bool> result) {
  if (!result && result.error().code == ErrorCode::not_found) return false;
  return result;
}

}  // namespace

Result<void> delete_account(const Services& s, UserId id, const Origin& origin, LastAdmin last) {
  TRY(erase_account(s, id, {.last = last}, origin));
  return {};
}

Result<void> delete_own_account(const Services& s, const Person& caller, const Origin& origin) {
  TRY(erase_account(s, caller.user().id, {.owner = &caller}, origin));
  return {};
}

Result<void> set_disabled(const Services& s, UserId id, bool disabled, const Origin& origin,
                          LastAdmin last) {
  TRY(switch_account(s, id, disabled, {.last = last}, origin));
  return {};
}

// `holds` refuses an administrator, so nobody needs to take over.
Result<bool> disable_unused(const Services& s, UserId id, const Unused& unused,
                            const Origin& origin) {
  const Ending ending{.unused = &unused, .last = LastAdmin::may_go};
  return or_gone(switch_account(s, id, true, ending, origin));
}

Result<bool> delete_unused(const Services& s, UserId id, const Unused& unused,
                           const Origin& origin) {
  return or_gone(erase_account(s, id, {.unused = &unused, .last = LastAdmin::may_go}, origin));
}

}  // namespace authd::auth
