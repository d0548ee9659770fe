#include "auth/accounts/changes/address_proof.h"

#include <algorithm>
#include <set>

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/names/identities.h"
#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/profile/terms.h"
#include "auth/core/audit/audit.h"
#include "auth/core/mails.h"
#include "auth/core/ways.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

namespace {

// Identities come only from configured providers, so this counts all of them.
size_t count_identities(const Services& s, store::Reader& tx, const OtherWays& seen,
                        const tables::User& user) {
  std::set<std::string> providers;
  for (const tables::Identity& identity : seen.identities)
    providers.insert(identity.provider);
  for (const config::Provider& provider : s.config.providers)
    providers.insert(provider.name);
  return static_cast<size_t>(
      std::count_if(providers.begin(), providers.end(), [&](const std::string& provider) {
        return find_live_identity_of(tx, user, provider).has_value();
      }));
}

}  // namespace

bool is_unproved_claim(const tables::User& user) {
  return user.is_claim && !is_owner_known(user);
}

AddressProof prepare_proof(const Services& s, const tables::User& seen, const Origin& origin,
                           Time now) {
  if (!is_unproved_claim(seen)) return {};
  return {make_notice(s, tables::MailKind::factors_changed, seen, "proved", origin, now)};
}

tables::User as_proved(tables::User user) {
  if (!is_owner_known(user)) raise_epoch(user, Way::passkey);
  if (is_unproved_claim(user)) raise_epoch(user, Way::factor);
  return user;
}

void end_earlier_ways(const Services& s, store::WriteTxn& tx, const AddressProof& proof,
                      tables::User& user, const Origin& origin, Time now) {
  if (is_owner_known(user)) return;
  end_ways(tx, user, {Way::api_key, Way::identity, Way::device, Way::email_change, Way::passkey});
  if (user.is_claim) {
    forget_terms(user);
    const bool had_one = has_factor(user);
    // This also ends a secret that was never confirmed. end_ways() has already marked its row.
    raise_epoch(user, Way::factor);
    if (had_one) {
      if (proof.factor_notice) tables::insert_mail(tx, *proof.factor_notice);
      audit(s, tx, origin, {"factors_reset", user.id, "ok", "", "email proved"}, now);
    }
  }
  note_owner(user);
  audit(s, tx, origin, {"credentials_voided", user.id, "ok", "", "email proved"}, now);
}

tables::User prove_from_elsewhere(const Services& s, store::WriteTxn& tx, tables::User user,
                                  const AddressProof& proof, const Origin& origin, Time now) {
  if (is_owner_known(user)) return user;
  end_earlier_ways(s, tx, proof, user, origin, now);
  user.updated_at = now;
  user.password_hash.clear();
  end_other_sessions(tx, user, "");
  return user;
}

Result<OtherWays> other_ways_of(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<OtherWays> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || !is_unproved_claim(*user)) return OtherWays{};
    std::vector<tables::ApiKey> keys = live_api_keys_of(tx, *user);
    return OtherWays{std::move(keys), live_identities_of(tx, *user)};
  });
}

Result<void> check_has_no_other_way(const Services& s, store::Reader& tx, const OtherWays& seen,
                                    const tables::User& user, Time now) {
  if (!is_unproved_claim(user)) return {};
  // An account without a password began with a provider or a passkey: that is the single way in.
  const size_t own = user.password_hash.empty() ? 1 : 0;
  const bool has_key = !usable_api_keys(tx, user, seen.api_keys, now).empty();
  const size_t ways = user.passkeys + count_identities(s, tx, seen, user);
  if (!has_factor(user) && !has_key && ways <= own) return {};
  return refused(
      ErrorCode::forbidden, "sign_in_first",
      "This account has more than a password. Sign in to it and follow the link again, or "
      "send its password with the link. If you did not create it, request a new password "
      "instead: that removes everything that somebody else set up.");
}

}  // namespace authd::auth
