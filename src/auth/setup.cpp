#include "auth/setup.h"

#include "auth/attempts.h"
#include "auth/audit.h"
#include "auth/proofs.h"
#include "auth/roles.h"
#include "tables/expiry.h"

namespace authd::auth {
namespace {

constexpr const char* kIsSetUp = "is_set_up";

bool is_open(store::Reader& tx) {
  return !tables::settings.find(tx, kIsSetUp);
}

}  // namespace

Result<std::optional<OneTimeSecret>> offer_setup(const Services& s) {
  using Offer = std::optional<OneTimeSecret>;
  const bool is_fresh = TRY(s.store.read([](store::ReadTxn& tx) -> Result<bool> {
    return is_open(tx) && !tables::numbers.find(tx, kUserCounter);
  }));
  if (!is_fresh) return Offer{};
  FreshToken token = make_token(s);
  tables::OneTimeToken row;
  row.id = token.id;
  row.purpose = tables::Purpose::set_up;
  row.created_at = s.clock.now();
  row.expires_at = row.created_at + kSetupLife;
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::put_expiring(tx, tables::one_time_tokens, row.id, row);
    return {};
  }));
  return Offer(std::move(token.text));
}

Result<Tokens> set_up(const Services& s, const OneTimeSecret& token, const NewAccount& account,
                      const Origin& origin) {
  const Attempt attempt = TRY(Attempt::begin(s, origin, UserId{}, ""));
  const AuditEvent refused{"set_up", UserId{}, "refused"};
  const std::optional<std::string> id = token_id(token);
  const Time now = s.clock.now();
  const bool seems_good = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const auto row = id ? tables::one_time_tokens.find(tx, *id) : std::nullopt;
    return is_good(row, tables::Purpose::set_up, now) && is_open(tx);
  }));
  // Before the work of a password hash, which is not for anybody.
  if (!seems_good) return record_failure(s, attempt, origin, refused, bad_proof());
  tables::User prepared = TRY(prepare_account(s, account));
  prepared.email_verified = !prepared.email.empty();
  prepared.last_activity = now;
  const tables::Session session = new_session(s, origin, {"pwd"}, now);
  const LiveSession made = TRY(s.store.write([&](store::WriteTxn& tx) -> Result<LiveSession> {
    if (!take_token(tx, token, tables::Purpose::set_up, now) || !is_open(tx)) return bad_proof();
    tables::User user = TRY(insert_account(s, tx, prepared, {std::string(kAdminRole)}));
    LiveSession live{session, std::move(user)};
    start_session(tx, live.session, live.user);
    audit(s, tx, origin, {"set_up", live.user.id}, now);
    return live;
  }));
  return tokens_for(s, made.session, made.user, now);
}

void close_setup(store::WriteTxn& tx) {
  if (is_open(tx)) tables::settings.put(tx, kIsSetUp, {"yes", {}});
}

}  // namespace authd::auth
