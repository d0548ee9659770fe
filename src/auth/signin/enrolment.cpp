#include "auth/signin/enrolment.h"

#include <algorithm>

#include "auth/accounts/changes/address_proof.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/recovery_codes.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/core/activity.h"
#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/key_reach.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/login_methods.h"
#include "auth/core/login_rules.h"
#include "auth/core/mails.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "auth/signin/first_factor.h"
#include "auth/signin/recovery_rules.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

using tables::Purpose;

constexpr ChallengePurpose kPurpose = ChallengePurpose::enrolment;

// A good link and its user; no user: it is not good.
struct Followed {
  FoundUser user;
  bool is_mailed = false;
};

Followed follow(const Services& s, store::Reader& tx,
                const std::optional<tables::OneTimeToken>& row, Time now) {
  if (is_good(row, Purpose::enroll_passkey, now)) return {owner_of(tx, row), false};
  if (!is_good(row, Purpose::reset_password, now)) return {};
  FoundUser user = owner_of(tx, row);
  const bool is_reachable = user && tables::fold(user->email) == tables::fold(row->email);
  if (!is_reachable || !ways_back(s.config, tx, *user).passkey_by_mail) return {};
  return {std::move(user), true};
}

Result<Followed> look_at(const Services& s, const OneTimeSecret& token, const Attempt& attempt,
                         const Origin& origin) {
  const Time now = s.clock.now();
  Followed followed = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Followed> {
    return follow(s, tx, find_token(tx, token), now);
  }));
  if (followed.user) return followed;
  return record_failure(s, attempt, origin, {"passkey_added", std::nullopt, "refused", "", "link"},
                        wrong_link_or_code());
}

struct Row {
  tables::OneTimeToken row;
  EnrollLink link;
};

Row make_row(const Services& s, UserId user, Milliseconds life, Time now) {
  FreshToken token = make_token(s);
  Row made;
  made.row.id = token.id;
  made.row.purpose = Purpose::enroll_passkey;
  made.row.user = user;
  made.row.created_at = now;
  made.row.expires_at = now + life;
  made.link.url = s.config.public_url + "/enroll?token=" + percent_encode(token.text.reveal());
  made.link.expires_at = made.row.expires_at;
  made.link.token = std::move(token.text);
  return made;
}

}  // namespace

Milliseconds enroll_link_life(int64_t hours) {
  const int64_t longest = kLongestEnrollLink / std::chrono::hours(1);
  return std::chrono::hours(std::clamp<int64_t>(hours, 0, longest + 1));
}

Result<EnrollLink> make_enroll_link(const Services& s, UserId user, Milliseconds life,
                                    const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::passkey));
  TRY(relying_party(s.config));
  if (life < kMinEnrollLinkLife || life > kLongestEnrollLink) {
    return Error{ErrorCode::invalid, "A link is valid for 1 to 168 hours.", "hours"};
  }
  const Time now = s.clock.now();
  Row made = make_row(s, user, life, now);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const FoundUser current = tables::find_user(tx, user);
    if (!current) return no_such_user();
    TRY(check_key_reach(tx, origin, *current));
    if (current->disabled) {
      return refused(ErrorCode::forbidden, "account_disabled",
                     "This account is disabled: enable it first.");
    }
    made.row.epoch = current->session_epoch;
    tables::one_time_tokens.insert(tx, made.row);
    audit(s, tx, origin, {"enroll_link_made", user}, now);
    return {};
  }));
  return std::move(made.link);
}

Result<EnrollLink> recover_by_code(const Services& s, std::string_view login,
                                   const OneTimeSecret& code, const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::passkey));
  TRY(relying_party(s.config));
  if (s.config.passkeys.recovery == config::PasskeyRecovery::admin) {
    return refused(ErrorCode::forbidden, "recovery_by_admin",
                   "Ask an administrator for a link that creates a new passkey.");
  }
  const FoundUser seen = TRY(s.store.read(
      [&](store::ReadTxn& tx) -> Result<FoundUser> { return find_by_login(tx, login); }));
  // Nobody can guess a code, so no number of failures bars the account.
  const Attempt attempt = TRY(Attempt::by_name(s, origin, login, seen));
  const UserId id = seen ? seen->id : UserId{};  // nobody's: for the same work
  const AuditEvent refused_event{"recovery_code_used", id_of(seen), "refused"};
  const Time now = s.clock.now();
  Row made = make_row(s, id, kRecoveryLife, now);
  std::optional<tables::Mail> notice;
  if (seen)
    notice = make_notice(s, tables::MailKind::factors_changed, *seen, "recovery used", origin, now);
  // For nobody too: the time must not tell whether there is an account.
  const Result<bool> is_right = s.store.write([&](store::WriteTxn& tx) -> Result<bool> {
    FoundUser user = tables::find_user(tx, id);
    const bool may = user && !user->disabled && ways_back(s.config, tx, *user).passkey_by_code;
    if (!may || !use_recovery_code(s, tx, *user, code)) return false;
    if (passkeys_of(*user) >= kMaxPasskeysPerUser) return too_many_passkeys();
    raise_epoch(*user, Way::trust);
    tables::put_user(tx, *user);
    made.row.epoch = user->session_epoch;
    tables::one_time_tokens.insert(tx, made.row);
    attempt.succeed(tx);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, by(origin, id), {"recovery_code_used", id}, now);
    return true;
  });
  if (!is_right) return is_right.error();
  if (*is_right) return std::move(made.link);
  return record_failure(s, attempt, origin, refused_event, wrong_link_or_code());
}

Result<Enrolment> begin_enrolment(const Services& s, const OneTimeSecret& token,
                                  const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::passkey));
  TRY(relying_party(s.config));
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  Followed followed = TRY(look_at(s, token, attempt, origin));
  const tables::User& user = *followed.user;
  Enrolment begun;
  begun.start = start_of_passkey(s, kPurpose, token_id(token).value_or(""),
                                 NeededPasskey::whole_login, s.clock.now());
  begun.start.there_are = TRY(list_passkeys(s, user.id));
  if (begun.start.there_are.size() >= kMaxPasskeysPerUser) return too_many_passkeys();
  begun.start.user_handle = TRY(ensure_user_handle(s, user));
  begun.user = user;
  return begun;
}

namespace {

// What the write decided: a session, or a challenge for these steps.
struct Enrolled {
  LiveSession live;
  LoginSteps left = {};
};

tables::Challenge challenge_of(const FreshToken& token, Time now) {
  tables::Challenge challenge;
  challenge.id = token.id;
  challenge.expires_at = now + kChallengeLife;
  return challenge;
}

}  // namespace

Result<LoginOutcome> enroll(const Services& s, const OneTimeSecret& token,
                            const PasskeyAsked& asked, const Origin& origin) {
  TRY(require_method(s.config, LoginMethod::passkey));
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  const tables::User seen = *TRY(look_at(s, token, attempt, origin)).user;
  const PreparedPasskey prepared =
      TRY(prepare_passkey(s, asked, kPurpose, token_id(token).value_or(""),
                          NeededPasskey::whole_login, seen.id, origin));
  const Time now = s.clock.now();
  const tables::Session session = new_session(s, origin, amr_of(factor_of(prepared.row)), now);
  const auto notice =
      make_notice(s, tables::MailKind::factors_changed, seen, "passkey added", origin, now);
  const AddressProof proof = prepare_proof(s, seen, origin, now);
  const DeviceVisit device = TRY(look_at_device(s, &seen, origin, now));
  FreshCodes codes = make_recovery_codes(s, now);
  FreshToken step_token = make_token(s);
  bool has_new_codes = false;
  const auto decide = [&](store::WriteTxn& tx) -> Result<Enrolled> {
    const auto row = find_token(tx, token);
    Followed followed = follow(s, tx, row, now);
    if (!followed.user) return wrong_link_or_code();
    tables::one_time_tokens.del(tx, row->id);
    LiveSession live{session, std::move(*followed.user), ""};
    tables::User& user = live.user;
    const Origin own = by(origin, user.id);
    if (followed.is_mailed) {
      user = prove_from_elsewhere(s, tx, std::move(user), proof, own, now);
    }
    TRY(check_may_log_in(s.config, user));
    TRY(claim_passkey(tx, prepared));
    const tables::Passkey made = TRY(insert_passkey(tx, user, prepared));
    LoginSteps left = steps_left(s.config, user);
    // Nobody would see them: the next login with a passkey brings them (passkey_login.cpp).
    has_new_codes = left.empty() && give_recovery_codes(s, tx, user, codes);
    end_other_sessions(tx, user, "");
    raise_epoch(user, Way::device);
    end_run(tx, user.id);
    user.last_activity = now;
    user.updated_at = now;
    // The mail about the passkey tells of it.
    if (left.empty()) {
      live.device = note_device(s, tx, user, device, Noting::quietly, own, now).id;
    }
    tables::put_user(tx, user);
    if (notice) tables::insert_mail(tx, *notice);
    const char* how = followed.is_mailed ? "mailed link" : "enrolment link";
    audit(s, tx, own, {"passkey_added", user.id, "ok", made.name, how}, now);
    if (left.empty()) {
      start_session(s, tx, live.session, user, own, now);
    } else {
      await_steps(tx, challenge_of(step_token, now), user, session.amr);
    }
    return Enrolled{std::move(live), std::move(left)};
  };
  const Enrolled enrolled =
      TRY(or_record_failure(s, s.store.write(decide), attempt, origin, "passkey_added"));
  if (!enrolled.left.empty()) {
    return LoginOutcome(StepsNeeded{std::move(step_token.text), enrolled.left});
  }
  const LiveSession& live = enrolled.live;
  s.counters.logins_ok.add(LoginMethod::passkey);
  Tokens tokens = TRY(tokens_for(s, live, now));
  if (has_new_codes) tokens.recovery_codes = std::move(codes.texts);
  return LoginOutcome(std::move(tokens));
}

}  // namespace authd::auth
