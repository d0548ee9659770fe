#include "auth/signin/login.h"

#include "auth/accounts/account/accounts.h"
#include "auth/core/audit/audit.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/ways.h"
#include "auth/passwords/leak_checks.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// A wrong second factor counts its try and the failure. A right one ends the login in full, even
// with a recovery code, and trusts the device.
constexpr size_t kWrongAnswerWrites = decltype(tables::challenges)::kPutWrites +
                                      kCountFailureWrites + kWarnOfFactorWrites + kAuditWrites +
                                      kOpeningWrites;
static_assert(kWrongAnswerWrites <= tables::kWriteBudget);
constexpr size_t kRightAnswerWrites =
    decltype(tables::one_time_tokens)::kDelWrites + decltype(tables::factors)::kPutWrites +
    decltype(tables::outbox)::kInsertWrites + decltype(tables::challenges)::kDelWrites +
    kTakeBackFactorsWrites + kKeepIdentityWrites + decltype(tables::outbox)::kInsertWrites +
    tables::kKeptNamesWrites + kMaxEvictions * kRemoveSessionWrites + Attempt::kSucceedWrites +
    kStartSessionWrites + kAuditWrites + kOpeningWrites + kNoteDeviceWrites + kTrustDeviceWrites;
static_assert(kRightAnswerWrites <= tables::kWriteBudget);
// A login that is completed in time takes back its own wrong factors.
static_assert(kCompletedWithin == kChallengeLife);

Error no_challenge() {
  return refused(ErrorCode::unauthenticated, "invalid_mfa_token",
                 "This login took too long or too many tries; start it again.");
}

}  // namespace

Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin,
                            Remember remember) {
  FirstFactor way{Factor::password, LoginMethod::password, "login", std::string(login),
                  &wrong_credentials};
  way.remember = remember;
  std::string fresh_hash;
  FoundUser proved_user;
  const auto look = [&](store::ReadTxn& tx) -> Result<FoundUser> {
    return find_by_login(tx, login);
  };
  const auto prove = [&](const FoundUser& seen) -> Result<std::optional<Proved>> {
    if (!TRY(verify_password(s, seen, password))) return std::optional<Proved>{};
    fresh_hash.clear();
    proved_user = seen;
    if (s.hasher.needs_rehash(seen->password_hash)) {
      fresh_hash = TRY(s.hasher.hash(password));
      count(s.counters.rehashes);
    }
    return std::optional<Proved>(Proved{*seen, {}});
  };
  const auto decide = [&](store::WriteTxn& tx, const tables::User& seen,
                          Round& round) -> Result<tables::User> {
    FoundUser current = tables::find_user(tx, seen.id);
    // Another login may have replaced an old hash.
    if (!current || current->password_hash != seen.password_hash) {
      return round.moved(wrong_credentials());
    }
    if (!fresh_hash.empty()) current->password_hash = fresh_hash;
    return std::move(*current);
  };
  Result<LoginOutcome> outcome = run_first_factor(s, way, {look, prove, decide}, answer, origin);
  if (outcome && proved_user) note_password_used(s, *proved_user, password);
  return outcome;
}

Result<PasskeyQuestion> ask_for_second_factor(const Services& s, const OneTimeSecret& token) {
  const Time now = s.clock.now();
  const std::optional<std::string> id = token_id(token);
  return s.store.read([&](store::ReadTxn& tx) -> Result<PasskeyQuestion> {
    const auto live = find_live_challenge(tx, id, false, now);
    if (!live) return no_challenge();
    return question_for(s, tx, live->user, ChallengePurpose::second_factor, *id, now);
  });
}

namespace {

// What the write of a second factor decided: nothing if the code is wrong, and then the failure is
// committed.
struct Answered {
  std::optional<LiveSession> begun;
  LoginSteps steps = {};
};

}  // namespace

Result<LoginOutcome> answer_challenge(const Services& s, const OneTimeSecret& token,
                                      const FactorAnswer& answer, const Origin& origin,
                                      Remember remember) {
  const Time now = s.clock.now();
  const std::optional<std::string> id = token_id(token);
  const auto seen =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<LiveChallenge>> {
        return find_live_challenge(tx, id, false, now);
      }));
  if (!seen) return no_challenge();
  const Attempt attempt = TRY(Attempt::for_account(s, origin, seen->user));
  const std::optional<PendingLink> link = carried_link(s, seen->challenge, seen->user, origin, now);
  const auto recovery_notice = make_recovery_notice(s, seen->user, origin, now);
  const tables::Session session = new_session(s, origin, {}, now);
  const std::vector<tables::Session> evicted =
      TRY(look_for_evictions(s, seen->user, session.kind, origin, now));
  const DeviceVisit device = TRY(look_at_device(s, &seen->user, origin, now));
  const tables::Mail warning = make_warning(s, origin, now);
  // Strangers can make a password fail; logins that began with a mailed code or link, or with
  // another provider, may continue.
  const bool is_after_password = seen->challenge.amr == amr_of(Factor::password);
  std::optional<tables::Mail> factor_warning;
  if (is_after_password) factor_warning = make_factor_warning(s, origin, now);
  FreshToken step_token = make_token(s);
  const Result<Answered> outcome = s.store.write([&](store::WriteTxn& tx) -> Result<Answered> {
    auto live = find_live_challenge(tx, id, false, now);
    if (!live) return no_challenge();
    auto& [challenge, user] = *live;
    TRY(check_may_log_in(s.config, user));
    const bool is_barred = attempt.is_barred() && is_after_password;
    const auto proved =
        is_barred
            ? std::nullopt
            : prove_second_factor({s, tx, user, &challenge, now, recovery_notice, origin}, answer);
    if (!proved) {
      count_try(tx, challenge);
      count_failure(s, tx, attempt, origin, warning, now);
      // Of a barred account the answer was not looked at.
      if (factor_warning && !is_barred) {
        warn_of_wrong_factor(tx, user.id, origin, *factor_warning, now);
      }
      audit(s, tx, origin, {"second_factor", user.id, "refused"}, now);
      return Answered{};
    }
    tables::challenges.del(tx, challenge.id);
    if (is_after_password) take_back_wrong_factors(tx, user, origin, now);
    if (*proved == Factor::recovery_code) raise_epoch(user, Way::trust);
    const bool wants_trust = challenge.remembers || remember == Remember::yes;
    challenge.remembers = wants_trust && may_trust_device(s, tx, user, *proved, origin);
    std::vector<std::string> amr = amr_of(challenge.amr, *proved);
    if (LoginSteps left = steps_left(s.config, user); !left.empty()) {
      challenge.id = step_token.id;
      challenge.expires_at = now + kChallengeLife;
      tables::put_user(tx, user);
      await_steps(tx, challenge, user, std::move(amr));
      audit(s, tx, origin, {"second_factor", user.id, "steps_needed"}, now);
      return Answered{std::nullopt, std::move(left)};
    }
    tables::Session begun = session;
    begun.amr = std::move(amr);
    const LoginEnd end{"second_factor", attempt, link, evicted, device, challenge.remembers};
    return Answered{TRY(end_login(s, tx, end, std::move(begun), std::move(user), origin, now))};
  });
  if (!outcome) return outcome.error();
  if (!outcome->steps.empty()) {
    return LoginOutcome(StepsNeeded{std::move(step_token.text), outcome->steps});
  }
  if (!outcome->begun) {
    count(s.counters.logins_refused);
    count(s.counters.second_factors_refused);
    return wrong_factor(answer);
  }
  s.counters.logins_ok.add(method_begun(s.config, seen->challenge.amr));
  return LoginOutcome(TRY(tokens_for(s, *outcome->begun, now)));
}

}  // namespace authd::auth
