#include "auth/accounts/account/sign_up.h"

#include <algorithm>

#include "auth/accounts/account/invitations.h"
#include "auth/accounts/factors/second_factor.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/names/usernames.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/accounts/profile/avatars.h"
#include "auth/accounts/profile/terms.h"
#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/key_reach.h"
#include "auth/core/login_methods.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr ChallengePurpose kPurpose = ChallengePurpose::sign_up;

Error must_begin_with_passkey() {
  Error error = passkey_required();
  error.message = "Accounts here begin with a passkey: sign up with one.";
  return error;
}

// What the configuration and the caller require of a sign-up.
struct Conditions {
  bool needs_proof = false;
  bool starts_session = false;
  std::optional<tables::Invitation> invitation = {};

  // The link of the invitation was in the mailbox of its address and nowhere else.
  bool is_proved() const { return invitation && invitation->is_mailed; }
};

// `has_passkey`: it begins with one.
Result<Conditions> conditions_of(const Services& s, const NewAccount& account, bool has_passkey,
                                 AfterSignup after, const Origin& origin) {
  Conditions conditions;
  if (!origin.client.empty() && !s.config.terms.version.empty()) {
    return terms_required_to_sign_up(s.config);
  }
  conditions.invitation = TRY(invitation_of(s, account, origin));
  if (!s.config.signup.enabled && !conditions.invitation) {
    return refused(ErrorCode::forbidden, "signup_disabled",
                   "Only an administrator can create accounts here.");
  }
  TRY(check_first_method(s.config, account, has_passkey));
  const auto& needed = s.config.passkeys.required_for;
  if (!has_passkey && std::find(needed.begin(), needed.end(), kUserRole) != needed.end()) {
    return must_begin_with_passkey();
  }
  // Without its mailbox nobody could ever sign in to an account that has nothing else.
  conditions.needs_proof =
      !conditions.is_proved() && (s.config.signup.require_verified_email || account.is_by_mail ||
                                  after == AfterSignup::confirm_email);
  conditions.starts_session = !conditions.needs_proof && after == AfterSignup::log_in;
  const bool needs_email =
      conditions.needs_proof || s.config.mfa.email_otp == config::EmailOtp::required;
  const bool is_invited = conditions.invitation && !conditions.invitation->email.empty();
  if (needs_email && account.email.empty() && !is_invited) {
    return Error{ErrorCode::invalid, "An email is required.", "email"};
  }
  TRY(check_terms(s.config, account.terms_version));
  return conditions;
}

// What is made before the write of a sign-up.
struct Prepared {
  tables::User user;
  std::optional<tables::Avatar> avatar;
  std::optional<PreparedPasskey> passkey;
  FreshCodes codes;
  tables::Session session;
  DeviceVisit device;
  std::optional<MailedToken> link;
};

// Instead of creating an account, notifies the owner of the address, with the same amount of work.
// The username is gone as if there were an account.
std::optional<LiveSession> tell_owner(const Services& s, store::WriteTxn& tx,
                                      const tables::User& owner, const Prepared& prepared,
                                      const Origin& origin, Time now) {
  keep_username(s, tx, prepared.user.username, std::nullopt, now);
  if (prepared.passkey) keep_passkey_id(tx, *prepared.passkey, now);
  const MailedToken& link = *prepared.link;
  MailedToken notice = link;
  notice.row.purpose = tables::Purpose::nobody;
  notice.mail.kind = tables::MailKind::account_exists;
  notice.mail.to = owner.email;
  notice.mail.name = owner.username;
  if (!owner.locale.empty()) notice.mail.locale = owner.locale;
  notice.mail.sealed.clear();
  notice.put(s, tx);
  audit(s, tx, origin, {"signup", owner.id, "email_taken"}, now);
  return std::nullopt;
}

Result<Prepared> prepare(const Services& s, const NewAccount& account, const Conditions& conditions,
                         const Origin& origin, AfterSignup after, Time now) {
  const SignUpRules rules{conditions.needs_proof};
  Prepared made;
  made.user = TRY(prepare_account(s, account, origin.client, &rules));
  made.passkey = TRY(prepare_first_passkey(s, account, "", origin));
  made.codes = make_recovery_codes(s, now);
  if (!account.picture.empty()) {
    made.avatar = TRY(make_avatar(s, account.picture));
    made.user.avatar_version = made.avatar->version;
  }
  made.user.last_activity = now;
  if (made.user.locale.empty()) made.user.locale = origin.language;
  made.user.is_claim = true;
  accept_terms(s.config, made.user, now);
  if (conditions.invitation && made.user.email.empty())
    made.user.email = conditions.invitation->email;
  if (conditions.is_proved()) note_owner(made.user);
  made.user.awaits_email = after == AfterSignup::confirm_email;
  made.session = new_session(s, origin, first_amr(account, made.passkey), now);
  made.device = TRY(look_at_device(s, nullptr, origin, now));
  if (!made.user.email.empty() && !conditions.is_proved()) {
    made.link = make_mailed_token(s, tables::Purpose::verify_email, made.user, made.user.email,
                                  origin, now);
  }
  return made;
}

}  // namespace

Result<void> check_first_method(const config::Config& config, const NewAccount& account,
                                bool has_passkey) {
  if (has_passkey) return require_method(config, LoginMethod::passkey);
  if (!account.is_by_mail) return require_method(config, LoginMethod::password);
  return signs_in_by_mail(config) ? Result<void>{}
                                  : require_method(config, LoginMethod::email_link);
}

std::vector<std::string> first_amr(const NewAccount& account,
                                   const std::optional<PreparedPasskey>& passkey) {
  if (account.is_by_mail) {
    return account.invitation ? amr_of(Factor::code) : std::vector<std::string>{};
  }
  return amr_of(passkey ? factor_of(passkey->row) : Factor::password);
}

Result<PasskeyStart> start_of_first_passkey(const Services& s, std::string_view binding) {
  TRY(relying_party(s.config));
  PasskeyStart start =
      start_of_passkey(s, kPurpose, binding, NeededPasskey::whole_login, s.clock.now());
  start.user_handle = user_handle_for(s, start.challenge);
  return start;
}

Result<PasskeyStart> begin_sign_up(const Services& s, const NewAccount& account,
                                   const Origin& origin) {
  const Conditions conditions = TRY(conditions_of(s, account, true, AfterSignup::log_in, origin));
  const SignUpRules rules{conditions.needs_proof};
  TRY(check_new_names(s, account, &rules));
  return start_of_first_passkey(s, "");
}

Result<std::optional<PreparedPasskey>> prepare_first_passkey(const Services& s,
                                                             const NewAccount& account,
                                                             std::string_view binding,
                                                             const Origin& origin) {
  if (!account.passkey) return std::optional<PreparedPasskey>{};
  return std::optional(TRY(prepare_passkey(s, *account.passkey, kPurpose, binding,
                                           NeededPasskey::whole_login, std::nullopt, origin)));
}

Result<LiveSession> insert_with_session(const Services& s, store::WriteTxn& tx,
                                        const tables::User& prepared, tables::Session session,
                                        const FirstSession& first, const Origin& origin, Time now) {
  tables::User user = prepared;
  if (first.passkey) user.passkey_handle = user_handle_for(s, first.passkey->challenge);
  if (first.starts) user.devices_since = now;
  // By itself: g++ 12 does not destroy the members before a TRY that returns.
  tables::User stored = TRY(insert_account(s, tx, user, first.roles));
  LiveSession live{std::move(session), std::move(stored), ""};
  if (first.passkey) {
    const tables::Passkey made = TRY(insert_passkey(tx, live.user, *first.passkey));
    tables::put_user(tx, live.user);
    if (first.starts) give_recovery_codes(s, tx, live.user, first.codes);
    audit(s, tx, by(origin, live.user.id), {"passkey_added", live.user.id, "ok", made.name}, now);
  } else if (needs_passkey(s.config, tx, live.user)) {
    return must_begin_with_passkey();  // The first administrator: sign-ups know before.
  }
  if (!first.starts) return live;
  live.device =
      note_device(s, tx, live.user, first.device, Noting::quietly, by(origin, live.user.id), now)
          .id;
  start_session(s, tx, live.session, live.user, origin, now);
  return live;
}

Result<std::optional<Tokens>> sign_up(const Services& s, const NewAccount& account,
                                      const Origin& origin, AfterSignup after) {
  const Conditions conditions =
      TRY(conditions_of(s, account, account.passkey.has_value(), after, origin));
  const Time now = s.clock.now();
  Prepared prepared = TRY(prepare(s, account, conditions, origin, after, now));
  using Made = std::optional<LiveSession>;  // nullopt: the email already has an account
  const Made made = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<Made> {
    TRY(check_username_allowed(s, tx, prepared.user.username, std::nullopt, now));
    if (prepared.passkey) TRY(claim_passkey(tx, *prepared.passkey));
    // Also where the email turns out to have an account: nobody must be able to tell.
    std::vector<std::string> roles;
    if (conditions.invitation) roles = TRY(use_invitation(tx, conditions.invitation->id, now));
    if (conditions.needs_proof) {
      if (const auto owner = tables::find_user_by_email(tx, prepared.user.email)) {
        return tell_owner(s, tx, *owner, prepared, origin, now);
      }
    }
    tables::User mine_to_be = prepared.user;
    // If the reply hides whether an email has an account, it must also hide this for a phone
    // number, so the account is created without it.
    if (conditions.needs_proof && tables::find_user_by_phone(tx, mine_to_be.phone_number)) {
      mine_to_be.phone_number.clear();
    }
    const FirstSession first{prepared.passkey, prepared.codes, prepared.device, std::move(roles),
                             conditions.starts_session};
    LiveSession live =
        TRY(insert_with_session(s, tx, mine_to_be, prepared.session, first, origin, now));
    if (prepared.link) {
      MailedToken mine = *prepared.link;
      mine.row.user = live.user.id;
      mine.put(s, tx);
    }
    if (prepared.avatar) {
      tables::avatars.put(tx, tables::big_endian(live.user.id.value), *prepared.avatar);
    }
    const char* detail = conditions.invitation ? "invitation" : "";
    const Origin own = by(origin, live.user.id);
    audit(s, tx, own, {"signup", live.user.id, "ok", "", detail}, now);
    const std::string& accepted = live.user.terms_version;
    if (!accepted.empty()) {
      audit(s, tx, own, {"terms_accepted", live.user.id, "ok", "", accepted}, now);
    }
    return Made(std::move(live));
  }));
  if (made) count(s.counters.signups);
  if (!conditions.starts_session) return std::optional<Tokens>{};
  Tokens tokens = TRY(tokens_for(s, *made, now));
  if (prepared.passkey) tokens.recovery_codes = std::move(prepared.codes.texts);
  return std::optional(std::move(tokens));
}

}  // namespace authd::auth
