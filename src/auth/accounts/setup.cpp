#include "auth/accounts/setup.h"
#include "auth/accounts/setup_state.h"
#include "auth/core/attempts.h"
#include "auth/core/audit.h"
#include "auth/core/factor.h"
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

Result<Tokens> set_up(const Services& s, const OneTimeSecret& token, const NewAccount& account,
                      const Origin& origin) {
  const Attempt attempt = TRY(Attempt::from_address(s, origin));
  const AuditEvent refused{"set_up", UserId{}, "refused"};
  const std::optional<std::string> id = token_id(token);
  const Time now = s.clock.now();
  const bool seems_good = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    return is_good(row, tables::Purpose::set_up, now) && is_setup_open(tx);
  }));
  // Checked before the expensive password hash, which strangers must not be able to trigger.
  if (!seems_good) return record_failure(s, attempt, origin, refused, wrong_link_or_code());
  tables::User prepared = TRY(prepare_account(s, account, origin.client));
  prepared.email_verified = !prepared.email.empty();
  prepared.last_activity = now;
  const tables::Session session = new_session(s, origin, amr_of(Factor::password), now);
  const LiveSession made = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<LiveSession> {
    if (!take_token(tx, token, tables::Purpose::set_up, now) || !is_setup_open(tx))
      return wrong_link_or_code();
    tables::User user = TRY(insert_account(s, tx, prepared, {std::string(kAdminRole)}));
    LiveSession live{session, std::move(user)};
    start_session(s, tx, live.session, live.user, origin, now);
    audit(s, tx, by(origin, live.user.id), {"set_up", live.user.id}, now);
    return live;
  }));
  return tokens_for(s, made.session, made.user, now);
}

}  // namespace authd::auth
