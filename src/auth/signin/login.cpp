#include "auth/signin/login.h"

#include "auth/accounts/accounts.h"
#include "auth/accounts/address_proof.h"
#include "auth/accounts/identities.h"
#include "auth/accounts/password_check.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/activity.h"
#include "auth/core/attempts.h"
#include "auth/core/audit.h"
#include "auth/core/lifetime.h"
#include "auth/core/login_rules.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "config/compat.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

Error wrong_factor() {
  return Error{ErrorCode::unauthenticated, "The code is wrong.", "mfa_code", "invalid_code"};
}

Error no_challenge() {
  return refused(ErrorCode::unauthenticated, "invalid_mfa_token",
                 "This login took too long or too many tries; begin it again.");
}

using FoundUser = std::optional<tables::User>;

Result<FoundUser> look_up(const Services& s, std::string_view login) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); });
}

Result<std::vector<tables::Session>> look_for_evictions(const Services& s, const tables::User& user,
                                                        tables::SessionKind kind, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Session>> {
    return sessions_to_evict(tx, user, kind, now);
  });
}

// What is made before the transaction that ends a first factor.
struct Prepared {
  tables::Session session;
  NewChallenge challenge;
  std::vector<tables::Session> evicted;
};

// Decides inside the transaction between session, challenge and refusal.
struct Decision {
  std::optional<LiveSession> live;  // else a challenge was put
  Methods needed;                   // by that challenge
  bool has_wrong_factor = false;    // and nothing was written
};

// The write that ends a first factor, at its dearest: a link by mail that proves the address of an
// account with other ways in, evicts sessions and links a provider.
constexpr size_t kFirstFactorWrites =
    decltype(tables::one_time_tokens)::kDelWrites + kEndEarlierWaysWrites +
    decltype(tables::factors)::kPutWrites + kKeepIdentityWrites +
    decltype(tables::outbox)::kInsertWrites + kAuditWrites + decltype(tables::users)::kRowWrites +
    kMaxEvictions * decltype(tables::sessions)::kDelWrites +
    2 * decltype(tables::attempts)::kDelWrites + decltype(tables::sessions)::kInsertWrites +
    kAuditWrites + kOpeningWrites;
static_assert(kFirstFactorWrites <= tables::kWriteBudget);

Result<Decision> start_or_challenge(const Services& s, store::WriteTxn& tx, tables::User user,
                                    const Prepared& prepared, const FirstFactor& factor,
                                    const std::optional<FactorAnswer>& answer, const Origin& origin,
                                    Time now) {
  TRY(check_may_log_in(s.config, user));
  tables::Session session = prepared.session;
  if (factor.factor == Factor::password) user.password_proved_at = now;
  const Methods needed = TRY(methods_needed(s.config, user));
  const bool is_proved = factor.has_email_code && is_by_email(needed);
  if (factor.has_email_code) session.amr = amr_of(factor.factor, Factor::code);
  if (!needed.empty() && !is_proved) {
    if (!answer) {
      tables::put_user(tx, user);
      prepared.challenge.put(s, tx, user);
      audit(s, tx, origin, {factor.action, user.id, "second_factor_needed"}, now);
      return Decision{{}, needed};
    }
    const auto proved = prove_second_factor({s, tx, user, nullptr, now}, *answer);
    if (!proved) return Decision{{}, {}, true};
    session.amr = amr_of(factor.factor, *proved);
  }
  if (factor.link != nullptr) TRY(link_identity(s, tx, *factor.link, user, origin, now));
  if (user.last_activity + kActivityStep <= now) user.last_activity = now;
  tables::put_user(tx, user);
  for (const tables::Session& evicted : prepared.evicted)
    tables::delete_session(tx, evicted);
  if (factor.attempt != nullptr) factor.attempt->succeed(tx);
  start_session(tx, session, user);
  audit(s, tx, origin, {factor.action, user.id}, now);
  return Decision{LiveSession{session, std::move(user)}, {}};
}

}  // namespace

Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error) {
  count(s.counters.logins_refused);
  return record_failure(s, attempt, origin, event, error);
}

Result<LoginOutcome> finish_first_factor(
    const Services& s, const tables::User& seen, const FirstFactor& factor,
    const std::optional<FactorAnswer>& answer, const Origin& origin,
    const std::function<Result<tables::User>(store::WriteTxn&)>& decide) {
  const Time now = s.clock.now();
  Prepared prepared{new_session(s, origin, amr_of(factor.factor), now),
                    make_challenge(s, seen, factor.factor, now),
                    {}};
  if (factor.factor == Factor::password && config::compat_api(origin.api).has_second_codes) {
    prepared.challenge.mail.reset();
  }
  if (factor.link != nullptr) carry_link(factor.link->identity, prepared.challenge.row);
  prepared.evicted = TRY(look_for_evictions(s, seen, prepared.session.kind, now));
  const Result<Decision> decided = s.store.write([&](store::WriteTxn& tx) -> Result<Decision> {
    tables::User user = TRY(decide(tx));
    Decision made =
        TRY(start_or_challenge(s, tx, std::move(user), prepared, factor, answer, origin, now));
    // An Error, so that nothing of the transaction stays.
    if (made.has_wrong_factor) return wrong_factor();
    return made;
  });
  if (!decided) {
    if (decided.error().code == ErrorCode::forbidden) count(s.counters.logins_disabled);
    return decided.error();
  }
  if (!decided->live) {
    return MfaNeeded{OneTimeSecret(std::string(prepared.challenge.token.text.reveal())),
                     decided->needed};
  }
  count(s.counters.logins_ok);
  return TRY(tokens_for(s, decided->live->session, decided->live->user, now));
}

Result<LoginOutcome> log_in(const Services& s, std::string_view login, const Password& password,
                            const std::optional<FactorAnswer>& answer, const Origin& origin) {
  // Once more when the row changed while the password was checked: another login may have replaced
  // an old hash.
  constexpr int kRounds = 3;
  for (int round = 0;; ++round) {
    const FoundUser user = TRY(look_up(s, login));
    const UserId id = user ? user->id : UserId{};
    const Attempt attempt = TRY(Attempt::begin(s, origin, id, login));
    const AuditEvent refused{"login", id, "refused"};
    if (!TRY(verify_password(s, user, password))) {
      return refuse_login(s, attempt, origin, refused, wrong_credentials());
    }
    std::string fresh_hash;
    if (s.hasher.needs_rehash(user->password_hash)) {
      fresh_hash = TRY(s.hasher.hash(password));
      count(s.counters.rehashes);
    }
    bool has_changed = false;
    Result<LoginOutcome> outcome = finish_first_factor(
        s, *user, {Factor::password, "login", &attempt}, answer, origin,
        [&](store::WriteTxn& tx) -> Result<tables::User> {
          FoundUser current = tables::find_user(tx, id);
          has_changed = !current || current->password_hash != user->password_hash;
          if (has_changed) return wrong_credentials();
          if (!fresh_hash.empty()) current->password_hash = fresh_hash;
          return std::move(*current);
        });
    if (outcome || outcome.error().code != ErrorCode::unauthenticated) return outcome;
    if (has_changed && round + 1 < kRounds) continue;
    const AuditEvent wrong{"login", id, has_changed ? "refused" : "wrong_second_factor"};
    return refuse_login(s, attempt, origin, wrong, outcome.error());
  }
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
  const Attempt attempt = TRY(Attempt::begin(s, origin, user->id, ""));
  const std::optional<PendingLink> link = carried_link(s, *seen, *user, now);
  const tables::Session session = new_session(s, origin, {}, now);
  const std::vector<tables::Session> evicted = TRY(look_for_evictions(s, *user, session.kind, now));
  using Outcome = std::optional<LiveSession>;  // nullopt: the code is wrong, and that is committed
  const Result<Outcome> outcome = s.store.write([&](store::WriteTxn& tx) -> Result<Outcome> {
    std::optional<tables::Challenge> challenge = tables::challenges.find(tx, *id);
    FoundUser current = tables::find_user(tx, seen->user);
    if (!challenge || !is_in_life(challenge->expires_at, kChallengeLife, now) || !current ||
        current->session_epoch != challenge->epoch) {
      return no_challenge();
    }
    TRY(check_may_log_in(s.config, *current));
    const auto proved = prove_second_factor({s, tx, *current, &*challenge, now}, answer);
    if (!proved) {
      challenge->tries += 1;
      if (challenge->tries >= kChallengeTries) {
        tables::challenges.del(tx, *id);
      } else {
        tables::challenges.put(tx, *id, *challenge);
      }
      attempt.fail(tx, now);
      audit(s, tx, origin, {"second_factor", current->id, "refused"}, now);
      return Outcome{};
    }
    tables::challenges.del(tx, *id);
    attempt.succeed(tx);
    LiveSession live{session, std::move(*current)};
    live.session.amr = amr_of(challenge->amr, *proved);
    if (link) TRY(link_identity(s, tx, *link, live.user, origin, now));
    live.user.last_activity = now;
    tables::put_user(tx, live.user);
    for (const tables::Session& session_over : evicted)
      tables::delete_session(tx, session_over);
    start_session(tx, live.session, live.user);
    audit(s, tx, origin, {"second_factor", live.user.id}, now);
    return Outcome(std::move(live));
  });
  if (!outcome) return outcome.error();
  if (!*outcome) {
    count(s.counters.logins_refused);
    return wrong_factor();
  }
  count(s.counters.logins_ok);
  return tokens_for(s, (*outcome)->session, (*outcome)->user, now);
}

}  // namespace authd::auth
