#include "auth/accounts/changes/credential_change.h"

#include "auth/accounts/account/accounts.h"
#include "auth/accounts/names/login_names.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/passwords/new_password.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/encoding.h"
#include "base/normal_form.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
void replace_password(store::WriteTxn& tx, tables::User& user, const std::string& hash,
                      std::string_view keep_session, Time now) {
  user.password_hash = hash;
  user.password_changed_at = now;
  user.password_leaked_at = Time{};
  user.updated_at = now;
  end_other_sessions(tx, user, keep_session);
  raise_epoch(user, Way::device);
  tables::put_user(tx, user);
}

namespace {

Error wrong_password() {
  return Error{ErrorCode::forbidden, "The current password is wrong.", "current_password",
               "wrong_password"};
}

// Verifies that the owner wants the change, by the current password or a fresh session, and hashes
// the new password. With a second factor the session must be fresh in any case, because a password
// is no proof then. `attempt` is set if a password was checked.
Result<std::string> prove_and_hash(const Services& s, const Person& caller,
                                   const tables::User& before, const CredentialChange& change,
                                   const Origin& origin, std::optional<Attempt>& attempt) {
  if (!change.current_password || has_factor(before)) {
    TRY(require_fresh_proof(caller, s.clock.now()));
  }
  if (change.current_password) {
    attempt.emplace(TRY(Attempt::in_session(s, caller.session())));
    if (!TRY(verify_password(s, before, *change.current_password))) {
      return record_failure(s, *attempt, origin, {"password_changed", before.id, "refused"},
                            wrong_password());
    }
  }
  if (!change.password) return std::string();
  if (!change.current_password) {
    TRY(check_is_other_password(s, before, *change.password, "new_password"));
  } else if (equal_constant_time(normal_password(*change.password).reveal(),
                                 normal_password(*change.current_password).reveal())) {
    return password_unchanged("new_password");
  }
  return s.hasher.hash(*change.password);
}

}  // namespace

Result<void> change_credentials(const Services& s, const Person& caller,
                                const CredentialChange& change, const Origin& origin) {
  if (change.password || change.current_password) {
    TRY(require_method(s.config, LoginMethod::password));
  }
  const UserId id = caller.user().id;
  const tables::User before = TRY(still_signed_in(s, caller)).user;
  std::optional<std::string> username;
  if (change.username) username = TRY(parse_username(*change.username));
  NameChange names = TRY(look_at_names(s, id, {username, {}, {}}, origin));
  names.is_by_owner = true;
  if (change.password) {
    const std::string name = username.value_or(before.username);
    TRY(check_new_password(s, *change.password,
                           {name, before.email, has_factor(before), origin.client},
                           "new_password"));
  }
  std::optional<Attempt> attempt;
  std::string hash;
  if (change.password || names.any()) {
    hash = TRY(prove_and_hash(s, caller, before, change, origin, attempt));
  }
  const Time now = s.clock.now();
  const auto notice =
      make_notice(s, tables::MailKind::password_changed, before, where_from(origin), origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const tables::User current = TRY(still_signed_in(tx, caller, now)).user;
    const bool is_about_password = attempt || change.password;
    if (is_about_password && current.password_hash != before.password_hash) {
      return wrong_password();
    }
    tables::User user = current;
    if (username) user.username = *username;
    user.updated_at = now;
    TRY(check_names_free(tx, user, id));
    TRY(settle_names(s, tx, names, current, user, caller.session().id, now));
    if (names.any()) audit(s, tx, origin, {"profile_changed", id}, now);
    if (change.password) {
      user.must_change_password = false;
      replace_password(tx, user, hash, caller.session().id, now);
      keep_device(s, tx, current, user, origin, now);
      if (notice) tables::insert_mail(tx, *notice);
      audit(s, tx, origin, {"password_changed", id}, now);
    } else {
      tables::put_user(tx, user);
    }
    if (!attempt) return {};
    attempt->succeed(tx);
    if (has_factor(current)) return {};  // A password does not renew the proof (step_up.h).
    auto kept = tables::find_session(tx, caller.session().id);
    if (!kept) return {};
    kept->auth_time = now;
    tables::update_session(tx, *kept);
    return {};
  });
}

Result<void> change_password(const Services& s, const Person& caller, const Password& current,
                             const Password& replacement, const Origin& origin) {
  CredentialChange change;
  change.password.emplace(std::string(replacement.reveal()));
  change.current_password.emplace(std::string(current.reveal()));
  return change_credentials(s, caller, change, origin);
}

Result<void> set_password(const Services& s, UserId id, const Password& replacement,
                          const Origin& origin, bool must_change) {
  using FoundUser = std::optional<tables::User>;
  const FoundUser before = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return tables::find_user(tx, id); }));
  if (!before) return no_such_user();
  TRY(check_new_password(s, replacement, {before->username, before->email, has_factor(*before)},
                         "password"));
  const std::string hash = TRY(s.hasher.hash(replacement));
  const Time now = s.clock.now();
  const auto notice =
      make_notice(s, tables::MailKind::password_changed, *before, where_from(origin), origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    FoundUser user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    const bool is_asked_now = must_change && !user->must_change_password;
    if (must_change) user->must_change_password = true;
    replace_password(tx, *user, hash, "", now);
    end_run(tx, id);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"password_set", id}, now);
    if (is_asked_now) audit(s, tx, origin, {"password_change_required", id}, now);
    return {};
  });
}

}  // namespace authd::auth
