#include "auth/accounts/factors/authenticator_app.h"

#include <algorithm>

#include "auth/accounts/factors/factor_change.h"
#include "auth/accounts/factors/stored_factors.h"
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

std::optional<SecretKey> open_totp(const Services& s, UserId user, const std::string& sealed) {
  if (sealed.empty()) return std::nullopt;
  std::optional<std::string> secret = s.master_key.open(sealed, totp_context(user));
  if (!secret) return std::nullopt;
  return SecretKey(std::move(*secret));
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
    put_factors(tx, factors);
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
  FreshCodes codes = make_recovery_codes(s, now);
  const std::optional<tables::Mail> notice =
      make_notice(s, tables::MailKind::factors_changed, caller.user(), "added", origin, now);
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
    set_recovery_codes(s, user, codes, factors);
    put_factors(tx, factors);
    user.mfa_enabled = true;
    note_factor_change(s, tx, user, caller.session().id, notice, origin, {"totp_added", id}, now);
    note_factor_proof(tx, caller.session().id, now);
    return {};
  }));
  return std::move(codes.texts);
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
  put_factors(proving.tx, factors);
  return Factor::app;
}

bool remove_app(store::WriteTxn& tx, tables::User& user) {
  tables::Factors factors = factors_of(tx, user);
  if (factors.totp.empty()) return false;
  factors.totp.clear();
  factors.totp_candidate.clear();
  factors.totp_last_step = 0;  // of another secret
  put_factors(tx, factors);
  user.mfa_enabled = false;
  drop_spare_codes(tx, user);
  return true;
}

}  // namespace authd::auth
