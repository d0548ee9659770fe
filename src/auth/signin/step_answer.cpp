#include "auth/signin/step_answer.h"

#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/logout_notices.h"
#include "auth/core/one_time_tokens.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/passwords/password_policy.h"
#include "base/refusal.h"

namespace authd::auth {
namespace {

constexpr const char* kAction = "login_steps";

// The most writes: both steps, and the end of the login.
constexpr size_t kAnswerWrites =
    kAcceptStepsWrites + decltype(tables::challenges)::kDelWrites + kKeepIdentityWrites +
    decltype(tables::outbox)::kInsertWrites + kAuditWrites + tables::kKeptNamesWrites +
    kMaxEvictions * kRemoveSessionWrites + Attempt::kSucceedWrites + kStartSessionWrites +
    kAuditWrites + kOpeningWrites + kNoteDeviceWrites + kTrustDeviceWrites;
static_assert(kAnswerWrites <= tables::kWriteBudget);

Error no_challenge() {
  return refused(ErrorCode::unauthenticated, "invalid_step_token",
                 "This login took too long; start it again.");
}

// A trusted device stands in for the second factor (first_factor.cpp), but not where a password is
// set. The wish for one may be younger than the login, which then begins again. The factors and the
// proofs of a challenge that is alive do not change.
bool may_set_password(const LiveChallenge& live) {
  return !has_factor(live.user) || has_second_factor(live.challenge.amr);
}

bool says_unchanged(const Error& error) {
  return error.reason == word_of(PasswordRule::same_as_old);
}

// That a new password is the old one tells whoever sends it something about the old one, so only a
// few may be tried.
Error count_guess(const Services& s, const std::string& id, const Attempt& attempt,
                  const Origin& origin, const Error& error) {
  const Time now = s.clock.now();
  const tables::Mail warning = make_warning(s, origin, now);
  const Result<void> counted = s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    auto live = find_live_challenge(tx, id, true, now);
    if (!live) return no_challenge();
    count_try(tx, live->challenge);
    count_failure(s, tx, attempt, origin, warning, now);
    audit(s, tx, origin, {kAction, live->user.id, "refused", "", error.reason}, now);
    return {};
  });
  return counted ? error : counted.error();
}

// What the write decided: a session, or a challenge for the steps that are left.
struct Decision {
  std::optional<LiveSession> begun;
  LoginSteps left = {};
};

Result<LoginOutcome> answer_once(const Services& s, const OneTimeSecret& token,
                                 const StepAnswers& given, const Origin& origin, Round& round) {
  const std::optional<std::string> id = token_id(token);
  const auto seen =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::optional<LiveChallenge>> {
        return find_live_challenge(tx, id, true, s.clock.now());
      }));
  if (!seen || (given.new_password && !may_set_password(*seen))) return no_challenge();
  TRY(check_may_log_in(s.config, seen->user));
  const Attempt attempt = TRY(Attempt::for_account(s, origin, seen->user));
  const Result<PreparedSteps> prepared = prepare_steps(s, seen->user, given, origin, s.clock.now());
  if (!prepared) {
    const Error& error = prepared.error();
    return says_unchanged(error) ? count_guess(s, *id, attempt, origin, error) : error;
  }
  const Time now = s.clock.now();  // after the hash
  const std::optional<PendingLink> link = carried_link(s, seen->challenge, seen->user, origin, now);
  const tables::Session session = new_session(s, origin, seen->challenge.amr, now);
  const std::vector<tables::Session> evicted =
      TRY(look_for_evictions(s, seen->user, session.kind, origin, now));
  const DeviceVisit device = TRY(look_at_device(s, &seen->user, origin, now));
  FreshToken next = make_token(s);
  const auto decide = [&](store::WriteTxn& tx) -> Result<Decision> {
    auto live = find_live_challenge(tx, id, true, now);
    if (!live) return no_challenge();
    auto& [challenge, user] = *live;
    TRY(check_may_log_in(s.config, user));
    // Another login may have replaced an old hash.
    if (given.new_password && user.password_hash != seen->user.password_hash) {
      return round.moved(account_changed());
    }
    tables::challenges.del(tx, challenge.id);
    TRY(accept_steps(s, tx, user, given, *prepared, by(origin, user.id), now));
    LoginSteps left = steps_left(s.config, user);
    if (!left.empty()) {
      tables::put_user(tx, user);
      challenge.id = next.id;
      challenge.expires_at = now + kChallengeLife;
      std::vector<std::string> amr = challenge.amr;
      await_steps(tx, std::move(challenge), user, std::move(amr));
      audit(s, tx, origin, {kAction, user.id, "steps_needed"}, now);
      return Decision{std::nullopt, std::move(left)};
    }
    const LoginEnd end{kAction, attempt, link, evicted, device, challenge.remembers};
    return Decision{TRY(end_login(s, tx, end, session, std::move(user), origin, now))};
  };
  const Result<Decision> decided = s.store.write(decide);
  if (!decided) return decided.error();
  if (!decided->begun) return LoginOutcome(StepsNeeded{std::move(next.text), decided->left});
  s.counters.logins_ok.add(method_begun(s.config, seen->challenge.amr));
  return LoginOutcome(TRY(tokens_for(s, *decided->begun, now)));
}

}  // namespace

Result<LoginOutcome> answer_steps(const Services& s, const OneTimeSecret& token,
                                  const StepAnswers& given, const Origin& origin) {
  return in_rounds([&](Round& round) { return answer_once(s, token, given, origin, round); });
}

}  // namespace authd::auth
