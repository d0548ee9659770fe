#include "auth/signin/login.h"

#include "auth/accounts/accounts.h"
#include "auth/core/audit.h"
#include "auth/core/lifetime.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/one_time_tokens.h"
#include "auth/passwords/leak_checks.h"
#include "auth/passwords/password_check.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

Error no_challenge() {
  return refused(ErrorCode::unauthenticated, "invalid_mfa_token",
                 "This login took too long or too many tries; start it again.");
}

}  // namespace

Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin) {
  const FirstFactor way{Factor::password, LoginMethod::password, "login", std::string(login),
                        &wrong_credentials};
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
    const auto challenge = id ? tables::challenges.find(tx, *id) : std::nullopt;
    const FoundUser user = challenge ? tables::find_user(tx, challenge->user) : std::nullopt;
    if (!user || !is_in_life(challenge->expires_at, kChallengeLife, now) ||
        user->session_epoch != challenge->epoch) {
      return no_challenge();
    }
    return question_for(s, tx, *user, ChallengePurpose::second_factor, *id, now);
  });
}

Result<Tokens> answer_challenge(const Services& s, const OneTimeSecret& token,
                                const FactorAnswer& answer, const Origin& origin) {
  const Time now = s.clock.now();
  const std::optional<std::string> id = token_id(token);
  std::optional<tables::Challenge> seen;
  FoundUser user;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    seen = id ? tables::challenges.find(tx, *id) : std::nullopt;
    if (seen) user = tables::find_user(tx, seen->user);
    return {};
  }));
  if (!seen || !user) return no_challenge();
  const Attempt attempt = TRY(Attempt::for_account(s, origin, *user));
  const std::optional<PendingLink> link = carried_link(s, *seen, *user, origin, now);
  const auto recovery_notice = make_recovery_notice(s, *user, origin, now);
  const tables::Session session = new_session(s, origin, {}, now);
  const std::vector<tables::Session> evicted =
      TRY(look_for_evictions(s, *user, session.kind, origin, now));
  const tables::Mail warning = make_warning(s, origin, now);
  using Outcome =
      std::optional<LiveSession>;  // nullopt: the code is wrong, and the failure is committed
  const Result<Outcome> outcome = s.store.write([&](store::WriteTxn& tx) -> Result<Outcome> {
    std::optional<tables::Challenge> challenge = tables::challenges.find(tx, *id);
    FoundUser current = tables::find_user(tx, seen->user);
    if (!challenge || !is_in_life(challenge->expires_at, kChallengeLife, now) || !current ||
        current->session_epoch != challenge->epoch) {
      return no_challenge();
    }
    TRY(check_may_log_in(s.config, *current));
    // Strangers can make a password fail; whoever began with a mailed code or link or with another
    // provider may go on.
    const bool is_barred = attempt.is_barred() && challenge->amr == amr_of(Factor::password);
    const auto proved =
        is_barred ? std::nullopt
                  : prove_second_factor(
                        {s, tx, *current, &*challenge, now, recovery_notice, origin}, answer);
    if (!proved) {
      challenge->tries += 1;
      if (challenge->tries >= kChallengeTries) {
        tables::challenges.del(tx, *id);
      } else {
        tables::challenges.put(tx, *id, *challenge);
      }
      count_failure(tx, attempt, warning, now);
      audit(s, tx, origin, {"second_factor", current->id, "refused"}, now);
      return Outcome{};
    }
    tables::challenges.del(tx, *id);
    tables::Session begun = session;
    begun.amr = amr_of(challenge->amr, *proved);
    const LoginEnd end{"second_factor", attempt, link, evicted};
    return Outcome(TRY(end_login(s, tx, end, std::move(begun), std::move(*current), origin, now)));
  });
  if (!outcome) return outcome.error();
  if (!*outcome) {
    count(s.counters.logins_refused);
    return wrong_factor(answer);
  }
  count(s.counters.logins_ok);
  return tokens_for(s, (*outcome)->session, (*outcome)->user, now);
}

}  // namespace authd::auth
