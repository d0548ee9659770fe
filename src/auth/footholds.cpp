#include "auth/footholds.h"

#include <algorithm>

#include "auth/api_keys.h"
#include "auth/audit.h"
#include "auth/notices.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

namespace {

constexpr std::string_view kAdded = "footholds_changed";

Result<void> check_is_all(const Footholds& footholds, const tables::User& user) {
  if (user.footholds == footholds.seen) return {};
  return Error{ErrorCode::conflict,
               "The account changed at this moment; try again.",
               {},
               std::string(kAdded)};
}

}  // namespace

void note_foothold(tables::User& user) {
  if (!user.email_verified) ++user.footholds;
}

Result<Footholds> footholds_of(const Services& s, UserId id) {
  const Time now = s.clock.now();
  return s.store.read([&](store::ReadTxn& tx) -> Result<Footholds> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || user->email_verified) return Footholds{};
    Footholds found{tables::identities_of(tx, id), api_keys_of(tx, id), {}, user->footholds};
    if (user->is_claim && user->mfa_enabled) {
      found.notice = make_notice(s, tables::MailKind::factors_changed, *user, "proved", now);
    }
    return found;
  });
}

tables::User without_foothold_factor(tables::User user) {
  if (!user.email_verified && user.is_claim) user.mfa_enabled = false;
  return user;
}

Result<void> remove_footholds(const Services& s, store::WriteTxn& tx, const Footholds& footholds,
                              tables::User& user, const Origin& origin, Time now) {
  if (user.email_verified) return {};
  TRY(check_is_all(footholds, user));
  for (const tables::Identity& identity : footholds.identities)
    tables::delete_identity(tx, identity);
  for (const tables::ApiKey& key : footholds.api_keys)
    tables::api_keys.del(tx, api_key_row(key.user, key.number));
  if (user.is_claim) {
    // A secret that was never confirmed goes as well.
    tables::factors.del(tx, tables::big_endian(user.id.value));
    if (user.mfa_enabled) {
      if (footholds.notice) tables::insert_mail(tx, *footholds.notice);
      audit(s, tx, origin, {"factors_reset", user.id, "ok", "", "email proved"}, now);
    }
    user.mfa_enabled = false;
  }
  user.email_verified = true;
  user.is_claim = false;
  return {};
}

Result<void> check_has_no_footholds(const Footholds& footholds, const tables::User& user,
                                    Time now) {
  if (user.email_verified || !user.is_claim) return {};
  TRY(check_is_all(footholds, user));
  const bool has_key = std::any_of(footholds.api_keys.begin(), footholds.api_keys.end(),
                                   [&](const tables::ApiKey& key) { return key.expires_at > now; });
  // Whoever came by a provider has no password: there the first identity is the one way in.
  const size_t own = user.password_hash.empty() ? 1 : 0;
  if (!user.mfa_enabled && !has_key && footholds.identities.size() <= own) return {};
  return Error{ErrorCode::forbidden,
               "This account has more than a password: sign in to it and follow the link again. If "
               "it is not your work, ask for a new password instead: that takes away whatever "
               "somebody else set up.",
               {},
               "sign_in_first"};
}

bool is_foothold_added(const Error& error) {
  return error.code == ErrorCode::conflict && error.name == kAdded;
}

}  // namespace authd::auth
