#include "auth/login.h"

#include "auth/accounts.h"
#include "auth/activity.h"
#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/footholds.h"
#include "auth/identifiers.h"
#include "auth/login_names.h"
#include "auth/notices.h"
#include "auth/password_policy.h"
#include "auth/step_up.h"
#include "base/encoding.h"
#include "config/compat.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

Error no_such_user() {
  return Error{ErrorCode::not_found, "There is no such user."};
}

Error wrong_factor() {
  return Error{ErrorCode::unauthenticated, "The code is wrong.", "mfa_code", "invalid_code"};
}

Error no_challenge() {
  return Error{ErrorCode::unauthenticated,
               "This login took too long or too many tries; begin it again.",
               {},
               "invalid_mfa_token"};
}

using FoundUser = std::optional<tables::User>;

Result<FoundUser> look_up(const Services& s, std::string_view login) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); });
}

Result<FoundUser> look_up(const Services& s, UserId id) {
  return s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return tables::find_user(tx, id); });
}

Result<std::vector<tables::Session>> look_for_evictions(const Services& s, const tables::User& user,
                                                        Time now) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Session>> {
    return sessions_to_evict(tx, user, now);
  });
}

// Replaces the hash and ends the other sessions.
void replace_password(store::WriteTxn& tx, tables::User& user, const std::string& hash,
                      std::string_view keep_session, Time now) {
  user.password_hash = hash;
  user.password_changed_at = now;
  user.updated_at = now;
  end_other_sessions(tx, user, keep_session);
  tables::put_user(tx, user);
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
  std::vector<std::string> needed;  // by that challenge
  bool has_wrong_factor = false;    // and nothing was written
};

// The write that ends a first factor, at its dearest: a link by mail that proves the address of an
// account with other ways in, evicts sessions and links a provider.
constexpr size_t kFirstFactorWrites =
    decltype(tables::one_time_tokens)::kDelWrites + kFootholdWrites +
    decltype(tables::factors)::kPutWrites + decltype(tables::identities)::kPutWrites +
    decltype(tables::outbox)::kInsertWrites + kAuditWrites + decltype(tables::users)::kRowWrites +
    kMaxEvictions * decltype(tables::sessions)::kDelWrites +
    2 * decltype(tables::attempts)::kDelWrites + decltype(tables::sessions)::kInsertWrites +
    kAuditWrites;
static_assert(kFirstFactorWrites <= tables::kWriteBudget);

Result<Decision> start_or_challenge(const Services& s, store::WriteTxn& tx, tables::User user,
                                    const Prepared& prepared, const FirstFactor& factor,
                                    const std::optional<OneTimeSecret>& code, const Origin& origin,
                                    Time now) {
  TRY(check_may_log_in(s.config, user));
  tables::Session session = prepared.session;
  if (factor.amr == "pwd") user.password_proved_at = now;
  const std::vector<std::string> needed = TRY(factors_needed(s.config, user));
  const bool is_proved = factor.has_email_code && needed == std::vector<std::string>{"email"};
  if (factor.has_email_code) session.amr = {factor.amr, "otp", "mfa"};
  if (!needed.empty() && !is_proved) {
    if (!code) {
      tables::put_user(tx, user);
      prepared.challenge.put(s, tx, user);
      audit(s, tx, origin, {factor.action, user.id, "second_factor_needed"}, now);
      return Decision{{}, needed};
    }
    const auto proved = use_factor(s, tx, user.id, code->reveal(), now);
    if (!proved) return Decision{{}, {}, true};
    session.amr = {factor.amr, *proved, "mfa"};
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

// What a challenge's code proves in this transaction; nullopt when it is wrong.
std::optional<std::string> check_answer(const Services& s, store::WriteTxn& tx,
                                        const tables::Challenge& challenge, std::string_view code,
                                        Time now) {
  if (challenge.mac.empty()) return use_factor(s, tx, challenge.user, code, now);
  const std::string mac = server_mac(s, "challenge code", challenge.id + std::string(code));
  if (!equal_constant_time(mac, challenge.mac)) return std::nullopt;
  return "otp";
}

}  // namespace

Error wrong_credentials() {
  // One answer for an unknown login and a wrong password: no oracle.
  return Error{
      ErrorCode::unauthenticated, "The login or the password is wrong.", {}, "invalid_credentials"};
}

Result<bool> verify_password(const Services& s, const FoundUser& user, const Password& password) {
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

Result<void> check_may_log_in(const config::Config& config, const tables::User& user,
                              Trace* trace) {
  if (!passes(trace, "enabled", !user.disabled,
              user.disabled ? "the account is disabled (authd user enable)" : "it is")) {
    return Error{ErrorCode::forbidden, "This account is disabled.", {}, "account_disabled"};
  }
  const bool needs_email = config.signup.require_verified_email || user.awaits_email;
  const bool is_confirmed = passes(trace, "email", !needs_email || user.email_verified, [&] {
    if (!needs_email) return "need not be confirmed";
    return user.email_verified ? "confirmed" : "not confirmed yet, and it must be";
  });
  if (!is_confirmed) {
    return Error{ErrorCode::forbidden,
                 "Confirm your email first: follow the link in the mail.",
                 {},
                 "email_not_verified"};
  }
  return {};
}

Error refuse_login(const Services& s, const Attempt& attempt, const Origin& origin,
                   const AuditEvent& event, const Error& error) {
  count(s.counters.logins_refused);
  return record_failure(s, attempt, origin, event, error);
}

Result<LoginOutcome> finish_first_factor(
    const Services& s, const tables::User& seen, const FirstFactor& factor,
    const std::optional<OneTimeSecret>& code, const Origin& origin,
    const std::function<Result<tables::User>(store::WriteTxn&)>& decide) {
  const Time now = s.clock.now();
  Prepared prepared{
      new_session(s, origin, {factor.amr}, now), make_challenge(s, seen, {factor.amr}, now), {}};
  if (factor.amr == "pwd" && config::compat_api(origin.api).has_second_codes) {
    prepared.challenge.mail.reset();
  }
  if (factor.link != nullptr) carry_link(factor.link->identity, prepared.challenge.row);
  prepared.evicted = TRY(look_for_evictions(s, seen, now));
  const Result<Decision> decided = s.store.write([&](store::WriteTxn& tx) -> Result<Decision> {
    tables::User user = TRY(decide(tx));
    Decision made =
        TRY(start_or_challenge(s, tx, std::move(user), prepared, factor, code, origin, now));
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
                            const std::optional<OneTimeSecret>& code, const Origin& origin) {
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
        s, *user, {"pwd", "login", &attempt}, code, origin,
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
                                const OneTimeSecret& code, const Origin& origin) {
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
  const std::vector<tables::Session> evicted = TRY(look_for_evictions(s, *user, now));
  const Attempt attempt = TRY(Attempt::begin(s, origin, user->id, ""));
  const std::optional<PendingLink> link = carried_link(s, *seen, *user, now);
  const tables::Session session = new_session(s, origin, {}, now);
  using Outcome = std::optional<LiveSession>;  // nullopt: the code is wrong, and that is committed
  const Result<Outcome> outcome = s.store.write([&](store::WriteTxn& tx) -> Result<Outcome> {
    std::optional<tables::Challenge> challenge = tables::challenges.find(tx, *id);
    FoundUser current = tables::find_user(tx, seen->user);
    if (!challenge || !is_in_life(challenge->expires_at, kChallengeLife, now) || !current ||
        current->session_epoch != challenge->epoch) {
      return no_challenge();
    }
    TRY(check_may_log_in(s.config, *current));
    const auto proved = check_answer(s, tx, *challenge, code.reveal(), now);
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
    live.session.amr = challenge->amr;
    live.session.amr.insert(live.session.amr.end(), {*proved, "mfa"});
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

Result<void> reauthenticate(const Services& s, const Caller& caller, const Password& password,
                            const std::optional<OneTimeSecret>& code, const Origin& origin) {
  const UserId id = caller.user().id;
  const Attempt attempt = TRY(Attempt::begin(s, origin, id, ""));
  const bool by_password = !password.empty() && TRY(verify_password(s, caller.user(), password));
  const Time now = s.clock.now();
  const Result<bool> proved = s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    tables::Session session = TRY(still_signed_in(tx, caller, now)).session;
    if (!by_password && !(code && use_factor(s, tx, id, code->reveal(), now))) return false;
    attempt.succeed(tx);
    session.auth_time = now;
    tables::update_session(tx, session);
    audit(s, tx, origin, {"reauthenticated", id}, now);
    return true;
  });
  if (!proved) return proved.error();
  if (*proved) return {};
  return record_failure(
      s, attempt, origin, {"reauthenticated", id, "refused"},
      Error{ErrorCode::forbidden, "The password or the code is wrong.", {}, "wrong_credentials"});
}

namespace {

Error password_unchanged(std::string_view field) {
  return Error{ErrorCode::invalid, "The account already has this password; choose a different one.",
               std::string(field), "password_unchanged"};
}

Error wrong_password() {
  return Error{ErrorCode::forbidden, "The current password is wrong.", "current_password",
               "wrong_password"};
}

// Proves that the owner wants the change, by the present password or a fresh session, and makes the
// hash of the new one. `attempt` is set when there was a password to try.
Result<std::string> prove_and_hash(const Services& s, const Caller& caller,
                                   const CredentialChange& change, const Origin& origin,
                                   std::optional<Attempt>& attempt) {
  const tables::User& before = caller.user();
  if (!change.current_password) {
    TRY(require_fresh_proof(caller, s.clock.now()));
  } else {
    attempt.emplace(TRY(Attempt::begin(s, origin, before.id, "")));
    if (!TRY(verify_password(s, before, *change.current_password))) {
      return record_failure(s, *attempt, origin, {"password_changed", before.id, "refused"},
                            wrong_password());
    }
  }
  if (!change.password) return std::string();
  if (!change.current_password) {
    TRY(check_is_other_password(s, before, *change.password, "new_password"));
  } else if (equal_constant_time(change.password->reveal(), change.current_password->reveal())) {
    return password_unchanged("new_password");
  }
  return s.hasher.hash(*change.password);
}

}  // namespace

Result<void> check_is_other_password(const Services& s, const tables::User& user,
                                     const Password& password, std::string_view field) {
  if (user.password_hash.empty()) return {};
  if (TRY(verify_password(s, user, password))) return password_unchanged(field);
  return {};
}

Result<void> change_credentials(const Services& s, const Caller& caller,
                                const CredentialChange& change, const Origin& origin) {
  const UserId id = caller.user().id;
  const tables::User& before = caller.user();
  std::optional<std::string> username;
  if (change.username) username = TRY(parse_username(*change.username));
  const NameChange names = TRY(look_at_names(s, id, username, std::nullopt, origin));
  if (change.password) {
    TRY(check_password(s.config, *change.password, username.value_or(before.username), before.email,
                       "new_password"));
  }
  std::optional<Attempt> attempt;
  std::string hash;
  if (change.password || names.any()) {
    hash = TRY(prove_and_hash(s, caller, change, origin, attempt));
  }
  const Time now = s.clock.now();
  const auto notice =
      make_notice(s, tables::MailKind::password_changed, before, where_from(origin), now);
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
      replace_password(tx, user, hash, caller.session().id, now);
      if (notice) tables::insert_mail(tx, *notice);
      audit(s, tx, origin, {"password_changed", id}, now);
    } else {
      tables::put_user(tx, user);
    }
    if (!attempt) return {};
    attempt->succeed(tx);
    auto kept = tables::find_session(tx, caller.session().id);
    if (!kept) return {};
    kept->auth_time = now;
    tables::update_session(tx, *kept);
    return {};
  });
}

Result<void> change_password(const Services& s, const Caller& caller, const Password& current,
                             const Password& replacement, const Origin& origin) {
  CredentialChange change;
  change.password.emplace(std::string(replacement.reveal()));
  change.current_password.emplace(std::string(current.reveal()));
  return change_credentials(s, caller, change, origin);
}

Result<void> set_password(const Services& s, UserId id, const Password& replacement,
                          const Origin& origin) {
  const FoundUser before = TRY(look_up(s, id));
  if (!before) return no_such_user();
  TRY(check_password(s.config, replacement, before->username, before->email, "password"));
  const std::string hash = TRY(s.hasher.hash(replacement));
  const Time now = s.clock.now();
  const auto notice =
      make_notice(s, tables::MailKind::password_changed, *before, where_from(origin), now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    FoundUser user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    replace_password(tx, *user, hash, "", now);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"password_set", id}, now);
    return {};
  });
}

}  // namespace authd::auth
