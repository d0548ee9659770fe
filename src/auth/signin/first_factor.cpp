#include "auth/signin/first_factor.h"

#include <algorithm>

#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/factors/passkey_factor.h"
#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/core/lifetime.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/logout_notices.h"
#include "auth/core/newest.h"
#include "auth/core/subject.h"
#include "auth/core/ways.h"
#include "auth/signin/group_roles.h"
#include "config/client_profile.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// The most writes that can end a first factor. Each evicts sessions, ends the one that the browser
// had, reports a new device, and proves the address of an account with other ways in.
constexpr size_t kEveryEndWrites = kEndEarlierWaysWrites + kAuditWrites + tables::kKeptNamesWrites +
                                   kMaxEvictions * kRemoveSessionWrites +
                                   Attempt::kNameSucceedWrites + kStartSessionWrites +
                                   kAuditWrites + kOpeningWrites + kNoteDeviceWrites;
// A provider is linked, with a mail, and grants the roles of its groups. Nothing answers at once.
constexpr size_t kProviderWrites =
    kEveryEndWrites + kKeepIdentityWrites + decltype(tables::outbox)::kInsertWrites + kRoleWrites;
static_assert(kProviderWrites <= tables::kWriteBudget);
// Everything else may be answered at once, even with a recovery code, and trust the device.
constexpr size_t kAnsweredWrites = kEveryEndWrites + decltype(tables::one_time_tokens)::kDelWrites +
                                   decltype(tables::factors)::kPutWrites +
                                   decltype(tables::outbox)::kInsertWrites + kTrustDeviceWrites +
                                   kTakeBackFactorsWrites;
static_assert(kAnsweredWrites <= tables::kWriteBudget);

// One round of a login: what its parts share.
struct Login {
  const Services& s;
  const FirstFactor& way;
  const FirstFactorSteps& steps;
  const std::optional<FactorAnswer>& answer;
  const Origin& origin;
  const Attempt& attempt;
  std::optional<UserId> user;
  Time now = {};  // after the proof, which takes its time
};

// What is made before the write.
struct Prepared {
  const std::optional<PendingLink>& link;
  Factor factor;
  tables::Session session;
  NewChallenge challenge;
  std::vector<tables::Session> evicted;
  DeviceVisit device;
  std::optional<tables::Mail> recovery_notice;
};

Factor factor_of(const FirstFactor& way, const Proved& proved) {
  return proved.factor.value_or(way.factor);
}

Result<Prepared> prepare(const Login& login, const Proved& proved) {
  const auto& [s, way, steps, answer, origin, attempt, user, now] = login;
  const Factor factor = factor_of(way, proved);
  NewChallenge challenge = make_challenge(s, proved.user, factor, origin, now);
  if (way.factor == Factor::password && config::profile_of(origin.client).has_second_codes) {
    challenge.mail.reset();
  }
  if (proved.link) carry_link(proved.link->identity, challenge.row);
  challenge.row.remembers = way.remember == Remember::yes;
  tables::Session session = new_session(s, origin, amr_of(factor), now);
  std::vector<tables::Session> evicted =
      TRY(look_for_evictions(s, proved.user, session.kind, origin, now));
  DeviceVisit device = TRY(look_at_device(s, &proved.user, origin, now));
  return Prepared{proved.link,
                  factor,
                  std::move(session),
                  std::move(challenge),
                  std::move(evicted),
                  std::move(device),
                  make_recovery_notice(s, proved.user, origin, now)};
}

// What the write decided, when it did not refuse: a session, or a challenge that these can answer.
// (No variant: g++ 12 warns of a vector in it that is not there.)
struct Decision {
  std::optional<LiveSession> begun;
  Methods needed;
  LoginSteps steps = {};
  bool may_trust_device = false;  // with one of these
};

// Whether a stranger can have chosen what is proved, in a sign-up for the address of somebody else.
bool may_be_of_sign_up(const FirstFactor& way) {
  return way.factor == Factor::password || is_whole_login(way.factor);
}

// Whether the second factor is not asked for. Where a role needs a passkey, it always is. And so it
// is of whoever links a provider or sets a new password on the way, as for every change of how the
// account is accessed.
bool is_trusted(const Login& login, const Prepared& prepared, store::Reader& tx,
                const tables::User& user) {
  const Services& s = login.s;
  const LoginSteps left = steps_left(s.config, user);
  return is_from_trusted_device(s, tx, user, login.origin, login.now) && !prepared.link &&
         !needs_passkey(s.config, tx, user) &&
         std::find(left.begin(), left.end(), LoginStep::password_change) == left.end();
}

// Why a login was refused in its write, where a refusal is an Error, so that nothing of the
// transaction stays.
enum class Cause { other, wrong_factor, unconfirmed };

Result<Decision> start_or_challenge(const Login& login, store::WriteTxn& tx, tables::User user,
                                    const Prepared& prepared, Cause& cause) {
  const auto& [s, way, steps, answer, origin, attempt, id, now] = login;
  if (const Result<void> may = check_may_log_in(s.config, user); !may) {
    const bool hides = may_be_of_sign_up(way) && says_unconfirmed(may.error());
    if (!hides) return may.error();
    cause = Cause::unconfirmed;
    return way.refusal();
  }
  tables::Session session = prepared.session;
  if (way.factor == Factor::password) user.password_proved_at = now;
  const Methods needed =
      is_whole_login(prepared.factor) ? Methods{} : TRY(methods_needed(s.config, tx, user));
  if (way.has_mailed_code) session.amr = amr_of(way.factor, Factor::code);
  // Another mail to the same mailbox would prove nothing more.
  const bool has_mailbox = way.has_mailed_code || way.factor == Factor::code;
  const bool is_needed = !needed.empty() && !(has_mailbox && is_by_email(needed));
  bool trusts_device = false;
  if (is_needed && (answer || !is_trusted(login, prepared, tx, user))) {
    if (!answer) {
      const bool may_trust = may_trust_device(s, tx, user, Factor::app, origin);
      tables::put_user(tx, user);
      prepared.challenge.put(s, tx, user);
      audit(s, tx, origin, {way.action, user.id, "second_factor_needed"}, now);
      return Decision{std::nullopt, needed, {}, may_trust};
    }
    TRY(check_factor_pause(tx, user.id, now));
    const auto proved =
        prove_second_factor({s, tx, user, nullptr, now, prepared.recovery_notice, origin}, *answer);
    if (!proved) {
      cause = Cause::wrong_factor;
      return wrong_factor(*answer);
    }
    if (way.factor == Factor::password) take_back_wrong_factors(tx, user, origin, now);
    session.amr = amr_of(way.factor, *proved);
    if (*proved == Factor::recovery_code) raise_epoch(user, Way::trust);
    trusts_device = way.remember == Remember::yes && may_trust_device(s, tx, user, *proved, origin);
  }
  if (LoginSteps left = steps_left(s.config, user); !left.empty()) {
    tables::put_user(tx, user);
    tables::Challenge waiting = prepared.challenge.row;
    waiting.remembers = trusts_device;
    await_steps(tx, std::move(waiting), user, std::move(session.amr));
    audit(s, tx, origin, {way.action, user.id, "steps_needed"}, now);
    return Decision{std::nullopt, {}, std::move(left)};
  }
  const LoginEnd end{way.action,       attempt,         prepared.link,
                     prepared.evicted, prepared.device, trusts_device};
  LiveSession live = TRY(end_login(s, tx, end, std::move(session), std::move(user), origin, now));
  return Decision{std::move(live), {}};
}

// Whether a wrong password or passkey gets a hint that the email may have to be confirmed first:
// every one where accounts begin unconfirmed, whatever the cause.
bool may_be_unconfirmed(const Login& login) {
  const bool begins_unconfirmed = login.s.config.signup.require_verified_email ||
                                  !config::profile_of(login.origin.client).verify_path.empty();
  return may_be_of_sign_up(login.way) && begins_unconfirmed;
}

// Nobody who began the attempt elsewhere is counted here as well.
Error refuse(const Login& login, Cause cause, Error error) {
  if (login.way.attempt != nullptr) return error;
  const char* outcome = "refused";
  std::optional<WrongFactor> factor;
  if (cause == Cause::wrong_factor) {
    outcome = "wrong_second_factor";
    if (login.user) factor = WrongFactor{*login.user, login.way.factor == Factor::password};
    count(login.s.counters.second_factors_refused);
  }
  if (cause == Cause::unconfirmed) outcome = kUnconfirmedOutcome;
  if (cause != Cause::wrong_factor && may_be_unconfirmed(login)) {
    error.message += " If you have just signed up, follow the link in the mail first.";
  }
  const std::string_view reason = login.way.told == nullptr ? "" : login.way.told->reason;
  return refuse_login(login.s, login.attempt, login.origin,
                      {login.way.action, login.user, outcome, "", reason}, error, factor);
}

// After too many failures in a row no password is accepted, right or wrong. The login continues as
// if there were no account, so the refusal reveals nothing either.
FoundUser judged(const Login& login, const FoundUser& seen) {
  const bool is_barred = login.way.factor == Factor::password && login.attempt.is_barred();
  return is_barred ? std::nullopt : seen;
}

// A link and another provider name no account that somebody could have typed.
Result<Attempt> begin_attempt(const Services& s, const FirstFactor& way, const FoundUser& seen,
                              const Origin& origin) {
  if (!way.account.empty()) return Attempt::by_name(s, origin, way.account, seen);
  return Attempt::from_address(s, origin, tables::id_of(seen));
}

Result<LoginOutcome> prove_and_decide(Login login, const FoundUser& found, Round& round) {
  const Services& s = login.s;
  const FoundUser seen = judged(login, found);
  const std::optional<Proved> proved = TRY(login.steps.prove(seen));
  login.now = s.clock.now();
  if (!seen || !proved) {
    const ToldRefusal* told = login.way.told;
    const bool is_other = told != nullptr && told->refusal != nullptr;
    return refuse(login, Cause::other, is_other ? told->refusal() : login.way.refusal());
  }
  const Prepared prepared = TRY(prepare(login, *proved));
  Cause cause = Cause::other;
  const Result<Decision> decided = s.store.write([&](store::WriteTxn& tx) -> Result<Decision> {
    cause = Cause::other;
    tables::User user = TRY(login.steps.decide(tx, *seen, round));
    return start_or_challenge(login, tx, std::move(user), prepared, cause);
  });
  if (!decided) {
    const Error& error = decided.error();
    if (error.code == ErrorCode::forbidden) count(s.counters.logins_disabled);
    if (error.code != ErrorCode::unauthenticated || round.goes_on()) return error;
    return refuse(login, cause, error);
  }
  if (!decided->begun) {
    OneTimeSecret token(std::string(prepared.challenge.token.text.reveal()));
    if (!decided->steps.empty()) return LoginOutcome(StepsNeeded{std::move(token), decided->steps});
    const Milliseconds remembers =
        decided->may_trust_device ? s.config.mfa.remember : Milliseconds(0);
    return LoginOutcome(MfaNeeded{std::move(token), decided->needed, remembers});
  }
  s.counters.logins_ok.add(login.way.method);
  return LoginOutcome(TRY(tokens_for(s, *decided->begun, login.now)));
}

}  // namespace

Result<LoginOutcome> run_first_factor(const Services& s, const FirstFactor& way,
                                      const FirstFactorSteps& steps,
                                      const std::optional<FactorAnswer>& answer,
                                      const Origin& origin) {
  TRY(require_method(s.config, way.method));
  return in_rounds([&](Round& round) -> Result<LoginOutcome> {
    const FoundUser seen =
        TRY(read_newest<FoundUser>(s.store, [&](store::ReadTxn& tx) { return steps.look(tx); }));
    const std::optional<UserId> id = tables::id_of(seen);
    if (way.attempt != nullptr) {
      return prove_and_decide({s, way, steps, answer, origin, *way.attempt, id}, seen, round);
    }
    const Attempt attempt = TRY(begin_attempt(s, way, seen, origin));
    return prove_and_decide({s, way, steps, answer, origin, attempt, id}, seen, round);
  });
}

Result<LiveSession> end_login(const Services& s, store::WriteTxn& tx, const LoginEnd& end,
                              tables::Session session, tables::User user, const Origin& origin,
                              Time now) {
  const Origin own = by(origin, user.id);
  if (end.link) TRY(link_identity(s, tx, *end.link, user, own, now));
  if (user.last_activity + kActivityStep <= now) user.last_activity = now;
  ensure_subject(s, user);
  // Whoever reads the mailbox and has nothing else could remove a mail to it.
  const bool is_by_mailbox = session.amr == amr_of(Factor::code);
  const Noting noting = is_by_mailbox ? Noting::quietly : Noting::telling;
  const auto note = end.trusts_device ? &trust_device : &note_device;
  NotedDevice device = note(s, tx, user, end.device, noting, own, now);
  tables::put_user(tx, user);
  for (const tables::Session& evicted : end.evicted)
    remove_session(tx, evicted);
  end.attempt.succeed(tx);
  start_session(s, tx, session, user, own, now);
  audit(s, tx, own, {end.action, user.id, "ok", "", device.is_new ? "new device" : ""}, now);
  return LiveSession{std::move(session), std::move(user), std::move(device.id)};
}

bool may_trust_device(const Services& s, store::Reader& tx, const tables::User& user, Factor proved,
                      const Origin& origin) {
  return may_be_trusted(s.config, origin) && proved != Factor::recovery_code &&
         !needs_passkey(s.config, tx, user);
}

Result<std::vector<tables::Session>> look_for_evictions(const Services& s, const tables::User& user,
                                                        tables::SessionKind kind,
                                                        const Origin& origin, Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Session>> {
    return sessions_to_evict(tx, user, kind, origin, now);
  });
}

std::optional<LiveChallenge> find_live_challenge(store::Reader& tx,
                                                 const std::optional<std::string>& id,
                                                 bool awaits_steps, Time now) {
  auto challenge = id ? tables::challenges.find(tx, *id) : std::nullopt;
  if (!challenge || challenge->awaits_steps != awaits_steps ||
      !is_in_life(challenge->expires_at, kChallengeLife, now)) {
    return std::nullopt;
  }
  FoundUser user = tables::find_user(tx, challenge->user);
  if (!user || user->session_epoch != challenge->epoch) return std::nullopt;
  return LiveChallenge{std::move(*challenge), std::move(*user)};
}

void count_try(store::WriteTxn& tx, tables::Challenge challenge) {
  challenge.tries += 1;
  if (challenge.tries >= kChallengeTries) {
    tables::challenges.del(tx, challenge.id);
  } else {
    tables::challenges.put(tx, challenge.id, challenge);
  }
}

Error wrong_factor(const FactorAnswer& answer) {
  if (std::holds_alternative<PasskeyAnswer>(answer)) return wrong_passkey();
  return Error{ErrorCode::unauthenticated, "The code is wrong.", "mfa_code", "invalid_code"};
}

Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error,
                   const std::optional<WrongFactor>& factor) {
  count(s.counters.logins_refused);
  return record_failure(s, attempt, origin, event, error, factor);
}

}  // namespace authd::auth
