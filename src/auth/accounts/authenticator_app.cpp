#include "auth/accounts/authenticator_app.h"

#include <algorithm>

#include "auth/accounts/factor_change.h"
#include "auth/core/factor.h"
#include "auth/core/mails.h"
#include "auth/core/one_time_codes.h"
#include "auth/core/refusals.h"
#include "auth/core/sealing.h"
#include "auth/core/server_mac.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "crypto/totp.h"
#include "tables/outbox.h"
#include "tables/sessions.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// 80 bits, in two groups that are easy to copy from paper: "k7wq2-4hj0x…".
constexpr size_t kRecoveryBytes = 10;

std::string key_of(UserId user) {
  return tables::big_endian(user.value);
}

tables::Factors factors_of(store::Reader& tx, const tables::User& user) {
  if (auto live = find_live_factors(tx, user)) return std::move(*live);
  tables::Factors factors;
  factors.user = user.id;
  factors.way_epoch = epoch_of(user, Way::factor);
  return factors;
}

std::optional<SecretKey> open_totp(const Services& s, UserId user, const std::string& sealed) {
  if (sealed.empty()) return std::nullopt;
  std::optional<std::string> secret = s.master_key.open(sealed, totp_context(user));
  if (!secret) return std::nullopt;
  return SecretKey(std::move(*secret));
}

// As people type it: without the dash, in any case.
std::string recovery_mac(const Services& s, UserId user, std::string_view code) {
  std::string plain(code_as_made(OneTimeSecret(std::string(code))).reveal());
  for (char& c : plain)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return server_mac(s, "recovery code", key_of(user) + plain);
}

struct Recovery {
  std::vector<OneTimeSecret> codes;
  std::vector<std::string> macs;
};

Recovery make_recovery(const Services& s, UserId user) {
  Recovery made;
  for (size_t i = 0; i < kRecoveryCodes; ++i) {
    const std::string text = base32_encode(s.random.bytes(kRecoveryBytes));
    made.macs.push_back(recovery_mac(s, user, text));
    made.codes.emplace_back(text.substr(0, 8) + "-" + text.substr(8));
  }
  return made;
}

// The session that confirmed the app has proved it.
void note_factor_proof(store::WriteTxn& tx, std::string_view id, Time now) {
  std::optional<tables::Session> session = tables::find_session(tx, id);
  if (!session) return;
  session->auth_time = now;
  if (!has_second_factor(session->amr)) {
    session->amr = amr_of(std::move(session->amr), Factor::app);
  }
  tables::update_session(tx, *session);
}

Error wrong_code() {
  return Error{ErrorCode::invalid,
               "The code is wrong; wait for the next one, and check the clock of the device.",
               "code", "invalid_code"};
}

}  // namespace

Error no_totp() {
  return Error{ErrorCode::not_found, "There is no authenticator app on this account."};
}

std::string totp_context(UserId user) {
  return "totp/" + std::to_string(user.value);
}

Result<TotpSetup> begin_totp(const Services& s, const Person& caller) {
  const UserId id = caller.user().id;
  const SecretKey secret = crypto::make_totp_secret(s.random);
  const std::string sealed = s.master_key.seal(secret.reveal(), totp_context(id), s.random);
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    tables::Factors factors = factors_of(tx, user);
    if (!factors.totp.empty()) {
      return refused(ErrorCode::conflict, "totp_enabled",
                     "An authenticator app is already set up; remove it first.");
    }
    factors.totp_candidate = sealed_now(s, tx, sealed, totp_context(id));
    tables::factors.put(tx, key_of(id), factors);
    return {};
  }));
  const std::string& name =
      caller.user().email.empty() ? caller.user().username : caller.user().email;
  return TotpSetup{OneTimeSecret(base32_encode(secret.reveal())),
                   OneTimeSecret(crypto::totp_uri(secret, s.config.branding.name, name))};
}

Result<std::vector<OneTimeSecret>> confirm_totp(const Services& s, const Person& caller,
                                                const OneTimeSecret& code, const Origin& origin) {
  const UserId id = caller.user().id;
  const Time now = s.clock.now();
  Recovery recovery = make_recovery(s, id);
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, caller.user(), "added", now);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    tables::Factors factors = factors_of(tx, user);
    const std::optional<SecretKey> secret = open_totp(s, id, factors.totp_candidate);
    if (!secret) return no_totp();
    const auto step =
        crypto::match_totp(*secret, code_as_made(code).reveal(), now, factors.totp_last_step);
    if (!step) return wrong_code();
    factors.totp = std::move(factors.totp_candidate);
    factors.totp_candidate.clear();
    factors.totp_last_step = *step;
    factors.totp_since = now;
    factors.recovery_macs = recovery.macs;
    factors.recovery_since = now;
    tables::factors.put(tx, key_of(id), factors);
    user.mfa_enabled = true;
    note_factor_change(s, tx, user, caller.session().id, notice, origin, {"totp_added", id}, now);
    note_factor_proof(tx, caller.session().id, now);
    return {};
  }));
  return std::move(recovery.codes);
}

Result<std::vector<OneTimeSecret>> renew_recovery_codes(const Services& s, const Person& caller,
                                                        const Origin& origin) {
  const UserId id = caller.user().id;
  const Time now = s.clock.now();
  Recovery recovery = make_recovery(s, id);
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, caller.user(), "recovery", now);
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    tables::Factors factors = factors_of(tx, user);
    if (factors.totp.empty()) return no_totp();
    factors.recovery_macs = recovery.macs;
    factors.recovery_since = now;
    tables::factors.put(tx, key_of(id), factors);
    note_factor_change(s, tx, user, caller.session().id, notice, origin,
                       {"recovery_codes_renewed", id}, now);
    return {};
  }));
  return std::move(recovery.codes);
}

std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user) {
  std::optional<tables::Factors> factors = tables::factors.find(tx, key_of(user.id));
  if (factors && !is_current(user, *factors)) factors.reset();
  return factors;
}

std::optional<Factor> prove_totp(const Proving& proving, const FactorAnswer& answer) {
  const auto* typed = std::get_if<CodeAnswer>(&answer);
  tables::Factors factors = factors_of(proving.tx, proving.user);
  const UserId id = proving.user.id;
  const std::optional<SecretKey> secret = open_totp(proving.s, id, factors.totp);
  if (typed == nullptr || !secret) return std::nullopt;
  const auto step = crypto::match_totp(*secret, code_as_made(typed->code).reveal(), proving.now,
                                       factors.totp_last_step);
  if (!step) return std::nullopt;
  factors.totp_last_step = *step;
  tables::factors.put(proving.tx, key_of(id), factors);
  return Factor::app;
}

std::optional<Factor> prove_recovery_code(const Proving& proving, const FactorAnswer& answer) {
  const auto* typed = std::get_if<CodeAnswer>(&answer);
  tables::Factors factors = factors_of(proving.tx, proving.user);
  if (typed == nullptr || factors.totp.empty()) return std::nullopt;
  const std::string mac = recovery_mac(proving.s, proving.user.id, typed->code.reveal());
  auto& macs = factors.recovery_macs;
  const auto found = std::find_if(macs.begin(), macs.end(), [&](const std::string& one) {
    return equal_constant_time(one, mac);
  });
  if (found == macs.end()) return std::nullopt;
  macs.erase(found);
  tables::factors.put(proving.tx, key_of(proving.user.id), factors);
  if (proving.recovery_notice) {
    tables::Mail notice = *proving.recovery_notice;
    notice.detail += " Codes that are left: " + std::to_string(macs.size()) + ".";
    tables::insert_mail(proving.tx, notice);
  }
  return Factor::app;
}

std::optional<tables::Mail> make_recovery_notice(const Services& s, const tables::User& user,
                                                 const Origin& origin, Time now) {
  std::string text = "A recovery code was used in place of the authenticator app.";
  const std::string from = where_from(origin);
  if (!from.empty()) text += " The request came from the address " + from + ".";
  return make_notice(s, tables::MailKind::factors_changed, user, text, now);
}

bool remove_app(store::WriteTxn& tx, tables::User& user) {
  if (factors_of(tx, user).totp.empty()) return false;
  tables::factors.del(tx, key_of(user.id));
  user.mfa_enabled = false;
  return true;
}

}  // namespace authd::auth
