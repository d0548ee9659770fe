#include "auth/accounts/account/setup.h"
#include "auth/accounts/account/sign_up.h"
#include "auth/accounts/roles/setup_state.h"
#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/limits/attempts.h"
#include "auth/core/one_time_tokens.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "tables/schema.h"

namespace authd::auth {
Result<std::optional<OneTimeSecret>> offer_setup(const Services& s) {
  using Offer = std::optional<OneTimeSecret>;
  const bool is_fresh = TRY(s.store.read([](store::ReadTxn& tx) -> Result<bool> {
    return is_setup_open(tx) && !tables::numbers.find(tx, kUserCounter);
  }));
  if (!is_fresh) return Offer{};
  FreshToken token = make_token(s);
  tables::OneTimeToken row;
  row.id = token.id;
  row.purpose = tables::Purpose::set_up;
  row.created_at = s.clock.now();
  row.expires_at = row.created_at + kSetupLife;
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::one_time_tokens.insert(tx, row);
    return {};
  }));
  return Offer(std::move(token.text));
}

namespace {

// Checked before the expensive password hash, which strangers must not be able to trigger.
Result<void> check_token(const Services& s, const OneTimeSecret& token, const Attempt& attempt,
                         const Origin& origin) {
  const Time now = s.clock.now();
  const bool seems_good = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    return is_good(find_token(tx, token), tables::Purpose::set_up, now) && is_setup_open(tx);
  }));
  if (seems_good) return {};
  return record_failure(s, attempt, origin, {"set_up", std::nullopt, "refused"},
                        wrong_link_or_code());
}

// What binds the answer of the page to the token.
std::string binding_of(const OneTimeSecret& token) {
  return token_id(token).value_or("");
}

}  // namespace

Result<PasskeyStart> begin_set_up(const Services& s, const OneTimeSecret& token,
                                  const NewAccount& account, const Origin& origin) {
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  TRY(check_token(s, token, attempt, origin));
  TRY(check_first_method(s.config, account, true));
  TRY(check_new_names(s, account));
  return start_of_first_passkey(s, binding_of(token));
}

Result<Tokens> set_up(const Services& s, const OneTimeSecret& token, const NewAccount& account,
                      const Origin& origin) {
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  TRY(check_token(s, token, attempt, origin));
  TRY(check_first_method(s.config, account, account.passkey.has_value()));
  const Time now = s.clock.now();
  tables::User prepared = TRY(prepare_account(s, account, origin.client));
  prepared.email_verified = !prepared.email.empty();
  prepared.last_activity = now;
  if (prepared.locale.empty()) prepared.locale = origin.language;
  const auto passkey = TRY(prepare_first_passkey(s, account, binding_of(token), origin));
  FreshCodes codes = make_recovery_codes(s, now);
  const tables::Session session = new_session(s, origin, first_amr(account, passkey), now);
  const DeviceVisit device = TRY(look_at_device(s, nullptr, origin, now));
  const std::vector<std::string> roles = {std::string(kAdminRole)};
  const LiveSession made = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<LiveSession> {
    if (!take_token(tx, token, tables::Purpose::set_up, now) || !is_setup_open(tx))
      return wrong_link_or_code();
    if (passkey) TRY(claim_passkey(tx, *passkey));
    LiveSession live = TRY(insert_with_session(s, tx, prepared, session,
                                               {passkey, codes, device, roles, true}, origin, now));
    audit(s, tx, by(origin, live.user.id), {"set_up", live.user.id}, now);
    return live;
  }));
  Tokens tokens = TRY(tokens_for(s, made, now));
  if (passkey) tokens.recovery_codes = std::move(codes.texts);
  return tokens;
}

}  // namespace authd::auth
