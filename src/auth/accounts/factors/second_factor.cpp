#include "auth/accounts/factors/second_factor.h"

#include <algorithm>
#include <array>

#include "auth/accounts/factors/factor_change.h"
#include "auth/accounts/factors/passkey_factor.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/core/audit/audit.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/read_user.h"
#include "auth/core/refusals.h"
#include "auth/core/sealing.h"
#include "auth/core/server_mac.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

constexpr const char* kPasskeyRequired = "passkey_required";

bool has_app(const config::Config&, const tables::User& user) {
  return user.mfa_enabled;
}

// With an app or a security key come recovery codes.
bool has_any(const config::Config&, const tables::User& user) {
  return has_factor(user);
}

bool is_mail_required(const config::Config& config) {
  return config.mfa.email_otp == config::EmailOtp::required;
}

// A mailed code is for accounts without another factor.
bool is_mail_offered(const config::Config& config, const tables::User& user) {
  return !has_factor(user) && is_mail_required(config) && !user.email.empty();
}

// Where a login needs a second factor, a passkey that could be a whole login will do as well.
bool has_key(const config::Config&, const tables::User& user) {
  return has_factor(user) && passkeys_of(user) > 0;
}

std::string mac_of(const Services& s, const std::string& challenge, std::string_view code) {
  return server_mac(s, "challenge code", challenge + std::string(code));
}

void mail_code(const Services& s, const tables::User& user, NewChallenge& challenge,
               const Origin& origin, Time now) {
  const OneTimeSecret code = make_code(s);
  challenge.row.mac = mac_of(s, challenge.row.id, code.reveal());
  challenge.mail =
      make_mail(s, tables::MailKind::login_code, user, user.email, code.reveal(), "", origin, now);
}

std::optional<Factor> prove_mailed_code(const Proving& proving, const FactorAnswer& answer) {
  const auto* typed = std::get_if<CodeAnswer>(&answer);
  const tables::Challenge* challenge = proving.challenge;
  if (typed == nullptr || challenge == nullptr || challenge->mac.empty()) return std::nullopt;
  const std::string mac = mac_of(proving.s, challenge->id, code_as_made(typed->code).reveal());
  if (!equal_constant_time(mac, challenge->mac)) return std::nullopt;
  return Factor::code;
}

constexpr std::array kSecondFactors = {
    // They are removed one by one (passkeys.h).
    SecondFactor{Method::passkey, &has_key, nullptr, &prove_passkey, nullptr, nullptr, nullptr},
    SecondFactor{Method::totp, &has_app, nullptr, &prove_totp, &remove_app, &no_totp,
                 "totp_removed"},
    SecondFactor{Method::recovery_code, &has_any, nullptr, &prove_recovery_code, nullptr, nullptr,
                 nullptr},
    SecondFactor{Method::email, &is_mail_offered, &mail_code, &prove_mailed_code, nullptr, nullptr,
                 nullptr},
};

const SecondFactor& row_of(Method method) {
  const auto found = std::find_if(kSecondFactors.begin(), kSecondFactors.end(),
                                  [&](const SecondFactor& row) { return row.method == method; });
  CHECK(found != kSecondFactors.end());
  return *found;
}

}  // namespace

Error last_factor() {
  return refused(ErrorCode::conflict, "last_factor",
                 "A second factor is required here, and this is the only one: add an email first.");
}

std::span<const SecondFactor> second_factors() {
  return kSecondFactors;
}

bool needs_passkey(const config::Config& config, store::Reader& tx, const tables::User& user) {
  const auto& names = config.passkeys.required_for;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::optional<tables::Role> role = tables::find_role_by_name(tx, name);
    const auto& ids = user.role_ids;
    return role && std::find(ids.begin(), ids.end(), role->id.value) != ids.end();
  });
}

bool says_passkey_required(const Error& error) {
  return error.name == kPasskeyRequired;
}

Error passkey_required() {
  return refused(ErrorCode::forbidden, kPasskeyRequired,
                 "This account signs in with a passkey. If it has none, ask an administrator for a "
                 "link that creates one.");
}

Result<Methods> methods_needed(const config::Config& config, store::Reader& tx,
                               const tables::User& user) {
  if (needs_passkey(config, tx, user)) {
    if (passkeys_of(user) == 0) return passkey_required();
    return Methods{Method::passkey, Method::recovery_code};
  }
  Methods needed;
  for (const SecondFactor& row : kSecondFactors)
    if (row.is_offered(config, user)) needed.push_back(row.method);
  if (!needed.empty() || !is_mail_required(config)) return needed;
  return refused(
      ErrorCode::forbidden, "second_factor_missing",
      "A second factor is required here, and this account has none: ask an administrator "
      "to add an email to it.");
}

void NewChallenge::put(const Services& s, store::WriteTxn& tx, const tables::User& user) const {
  tables::Challenge made = row;
  made.user = user.id;
  made.epoch = user.session_epoch;
  // If a factor was added after the challenge was created, a mailed code cannot replace it.
  const bool takes_mail = !has_factor(user) && !needs_passkey(s.config, tx, user);
  if (!takes_mail) made.mac.clear();
  tables::challenges.insert(tx, made);
  if (mail && takes_mail) insert_sealed_mail(s, tx, *mail);
}

NewChallenge make_challenge(const Services& s, const tables::User& user, Factor first,
                            const Origin& origin, Time now) {
  NewChallenge made{make_token(s), {}, {}};
  made.row.id = made.token.id;
  made.row.amr = amr_of(first);
  made.row.expires_at = now + kChallengeLife;
  for (const SecondFactor& row : kSecondFactors) {
    if (row.begin != nullptr && row.is_offered(s.config, user))
      row.begin(s, user, made, origin, now);
  }
  return made;
}

std::optional<Factor> prove_second_factor(const Proving& proving, const FactorAnswer& answer) {
  // In a session, whoever has no passkey yet must be able to prove enough to make one.
  const bool may_lack_it = proving.session && passkeys_of(proving.user) == 0;
  if (!may_lack_it && needs_passkey(proving.s.config, proving.tx, proving.user)) {
    const auto proved = prove_passkey(proving, answer);
    // A code stands in for a passkey or security key that there is.
    if (proved || passkeys_of(proving.user) == 0) return proved;
    return prove_recovery_code(proving, answer);
  }
  for (const SecondFactor& row : kSecondFactors) {
    // It stands in for a second factor, and for nothing else.
    if (row.method == Method::recovery_code && !has_factor(proving.user)) continue;
    if (const auto proved = row.prove(proving, answer)) return proved;
  }
  return std::nullopt;
}

Result<void> remove_factor(const Services& s, const Person& caller, Method method,
                           const Origin& origin) {
  const SecondFactor& row = row_of(method);
  CHECK(row.remove != nullptr);
  const Time now = s.clock.now();
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, caller.user(), "removed", origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    if (!row.remove(tx, user)) return row.no_such();
    if (const auto needed = methods_needed(s.config, tx, user); !needed) {
      return says_passkey_required(needed.error()) ? needed.error() : last_factor();
    }
    note_factor_change(s, tx, user, caller.session().id, notice, origin,
                       {row.removed_action, user.id}, now);
    return {};
  });
}

Result<void> reset_factors(const Services& s, UserId id, const Origin& origin) {
  const Time now = s.clock.now();
  const tables::User before = TRY(read_user(s, id));
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, before, "reset", origin, now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    end_ways(tx, *user, {Way::factor, Way::passkey, Way::device});
    note_factor_change(s, tx, *user, "", notice, origin, {"factors_reset", id}, now);
    return {};
  });
}

}  // namespace authd::auth
