#include "auth/signin/reauthentication.h"

#include "auth/accounts/factors/passkey_factor.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/core/audit/audit.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/ways.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/access_token.h"
#include "base/refusal.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

struct Proof {
  bool has_password = false;
  bool is_right_password = false;
  const std::optional<FactorAnswer>& answer;
  const std::optional<tables::Mail>& recovery_notice;
  const Origin& origin;
  const std::string& session;
};

// Nothing else stands in for the second factor of an account that has one.
std::optional<Factor> prove(const Services& s, store::WriteTxn& tx, const tables::User& user,
                            const Proof& proof, Time now) {
  if (proof.has_password && !proof.is_right_password) return std::nullopt;
  if (!has_factor(user) && proof.is_right_password) return Factor::password;
  if (!proof.answer) return std::nullopt;
  return prove_second_factor(
      {s, tx, user, nullptr, now, proof.recovery_notice, proof.origin, proof.session},
      *proof.answer);
}

}  // namespace

Result<void> reauthenticate(const Services& s, const Person& caller, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin) {
  if (!password.empty()) TRY(require_method(s.config, LoginMethod::password));
  const UserId id = caller.user().id;
  if (has_factor(caller.user()) && !answer) {
    return refused(ErrorCode::forbidden, "second_factor_required",
                   "Send a code of your authenticator app, or a recovery code, as \"code\", or the "
                   "answer of a security key as \"passkey\".");
  }
  const Attempt attempt = TRY(Attempt::in_session(s, caller.session()));
  const auto recovery_notice = make_recovery_notice(s, caller.user(), origin, s.clock.now());
  Proof proof{!password.empty(), false, answer, recovery_notice, origin, caller.session().id};
  if (proof.has_password) {
    proof.is_right_password =
        TRY(verify_password(s, TRY(still_signed_in(s, caller)).user, password));
  }
  const Time now = s.clock.now();
  const Result<bool> proved = s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    LiveSession live = TRY(still_signed_in(tx, caller, now));
    tables::Session& session = live.session;
    tables::User& user = live.user;
    const auto proved_by = prove(s, tx, user, proof, now);
    if (!proved_by) return false;
    attempt.succeed(tx);
    if (*proved_by == Factor::recovery_code) {
      raise_epoch(user, Way::trust);
      tables::put_user(tx, user);
    }
    session.auth_time = now;
    // The latest proof counts: a session that a passkey began is then one of a password.
    if (*proved_by == Factor::password && has_second_factor(session.amr)) {
      session.amr = amr_of(Factor::password);
    }
    if (*proved_by != Factor::password && !has_second_factor(session.amr)) {
      session.amr = amr_of(std::move(session.amr), *proved_by);
    }
    if (*proved_by != Factor::password && !verified_person(*proof.answer)) {
      session.amr = without_passkey_login(std::move(session.amr), *proved_by);
    }
    tables::update_session(tx, session);
    audit(s, tx, origin, {"reauthenticated", id}, now);
    return true;
  });
  if (!proved) return proved.error();
  if (*proved) return {};
  return record_failure(
      s, attempt, origin, {"reauthenticated", id, "refused"},
      refused(ErrorCode::forbidden, "wrong_credentials", "The password or the code is wrong."));
}

}  // namespace authd::auth
