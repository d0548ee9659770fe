#include "auth/login.h"

#include "auth/password_policy.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// The last activity is written at most once in this time (a login a second is still one row a
// minute).
constexpr Milliseconds kActivityStep = std::chrono::minutes(1);

// A login longer than any username or email is not looked up.
constexpr size_t kMaxLogin = 254;

struct Look {
  std::optional<tables::User> user;
  std::optional<tables::Session> evict;
};

Error wrong_credentials() {
  // One answer for an unknown login and a wrong password: no oracle.
  return Error{
      ErrorCode::unauthenticated, "The login or the password is wrong.", {}, "invalid_credentials"};
}

Error no_such_user() {
  return Error{ErrorCode::not_found, "There is no such user."};
}

Result<Look> look_up(const Services& s, std::string_view login, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Look> {
    Look look;
    if (login.size() > kMaxLogin) return look;
    look.user = login.find('@') == std::string_view::npos ? tables::find_user_by_username(tx, login)
                                                          : tables::find_user_by_email(tx, login);
    if (look.user) look.evict = session_to_evict(tx, *look.user, now);
    return look;
  });
}

// True when the password is the user's. Costs the same without a user or a password hash.
Result<bool> verify(const Services& s, const std::optional<tables::User>& user,
                    const Password& password) {
  if (!user || user->password_hash.empty()) {
    TRY(s.hasher.verify_nothing(password));
    return false;
  }
  const crypto::Verdict verdict = TRY(s.hasher.verify(password, user->password_hash));
  if (verdict == crypto::Verdict::unsupported) {
    s.log.error("password hash of an unknown form", {{"user_id", user->id.value}});
  }
  return verdict == crypto::Verdict::match;
}

// Replaces the hash and ends the sessions of the epoch before.
void replace_password(tables::User& user, const std::string& hash, Time now) {
  user.password_hash = hash;
  user.password_changed_at = now;
  user.updated_at = now;
  user.session_epoch += 1;
}

}  // namespace

Result<Tokens> log_in(const Services& s, std::string_view login, const Password& password,
                      const Origin& origin) {
  const Look look = TRY(look_up(s, login, s.clock.now()));
  if (!TRY(verify(s, look.user, password))) {
    count(s.counters.logins_refused);
    return wrong_credentials();
  }
  std::string fresh_hash;
  if (s.hasher.needs_rehash(look.user->password_hash)) {
    fresh_hash = TRY(s.hasher.hash(password));
    count(s.counters.rehashes);
  }
  const Time now = s.clock.now();
  const tables::Session session = new_session(s, origin, {"pwd"}, now);
  const Result<LiveSession> made = s.store.write([&](store::WriteTxn& tx) -> Result<LiveSession> {
    std::optional<tables::User> user = tables::find_user(tx, look.user->id);
    // Deleted or given another password since it was read: this password proves nothing any more.
    if (!user || user->password_hash != look.user->password_hash) return wrong_credentials();
    if (user->disabled) {
      return Error{ErrorCode::forbidden, "This account is disabled.", {}, "account_disabled"};
    }
    const bool is_idle = user->last_activity + kActivityStep <= now;
    if (is_idle) user->last_activity = now;
    if (!fresh_hash.empty()) user->password_hash = fresh_hash;
    if (is_idle || !fresh_hash.empty()) tables::put_user(tx, *user);
    if (look.evict) tables::delete_session(tx, *look.evict);
    LiveSession live{session, std::move(*user)};
    start_session(tx, live.session, live.user);
    return live;
  });
  if (!made) {
    const bool is_disabled = made.error().code == ErrorCode::forbidden;
    count(is_disabled ? s.counters.logins_disabled : s.counters.logins_refused);
    return made.error();
  }
  count(s.counters.logins_ok);
  return tokens_for(s, made->session, made->user, now);
}

Result<void> change_password(const Services& s, UserId id, std::string_view keep_session,
                             const Password& current, const Password& replacement) {
  const std::optional<tables::User> before =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::User>> {
        return tables::find_user(tx, id);
      }));
  if (!before) return no_such_user();
  TRY(check_password(s.config, replacement, before->username, before->email, "new_password"));
  const Error wrong{ErrorCode::forbidden, "The current password is wrong.", "current_password",
                    "wrong_password"};
  if (!TRY(verify(s, before, current))) return wrong;
  const std::string hash = TRY(s.hasher.hash(replacement));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || user->password_hash != before->password_hash) return wrong;
    std::optional<tables::Session> kept = tables::find_session(tx, keep_session);
    const bool keeps = kept && kept->user == id && kept->epoch == user->session_epoch;
    replace_password(*user, hash, now);
    tables::put_user(tx, *user);
    if (keeps) {
      kept->epoch = user->session_epoch;
      kept->auth_time = now;
      tables::update_session(tx, *kept);
    }
    return {};
  });
}

Result<void> set_password(const Services& s, UserId id, const Password& replacement) {
  const std::optional<tables::User> before =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<tables::User>> {
        return tables::find_user(tx, id);
      }));
  if (!before) return no_such_user();
  TRY(check_password(s.config, replacement, before->username, before->email, "password"));
  const std::string hash = TRY(s.hasher.hash(replacement));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    replace_password(*user, hash, now);
    tables::put_user(tx, *user);
    return {};
  });
}

}  // namespace authd::auth
