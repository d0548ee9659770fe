#include "auth/accounts/footholds.h"

#include <algorithm>
#include <span>

#include "auth/accounts/api_keys.h"
#include "auth/accounts/known_owner.h"
#include "auth/core/audit.h"
#include "auth/core/mails.h"
#include "auth/sessions/sessions.h"
#include "base/refusal.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

namespace {

constexpr std::string_view kAdded = "footholds_changed";

Result<void> check_is_all(const Footholds& footholds, const tables::User& user) {
  if (footholds.is_read && user.footholds == footholds.seen) return {};
  return refused(ErrorCode::conflict, kAdded, "The account changed at this moment; try again.");
}

}  // namespace

Result<Footholds> footholds_of(const Services& s, UserId id) {
  const Time now = s.clock.now();
  return s.store.read([&](store::ReadTxn& tx) -> Result<Footholds> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || is_owner_known(*user)) return Footholds{};
    Footholds found{tables::identities_of(tx, id), api_keys_of(tx, id), {}, user->footholds, true};
    if (user->is_claim && user->mfa_enabled) {
      found.notice = make_notice(s, tables::MailKind::factors_changed, *user, "proved", now);
    }
    return found;
  });
}

tables::User without_foothold_factor(tables::User user) {
  if (!is_owner_known(user) && user.is_claim) user.mfa_enabled = false;
  return user;
}

Result<void> remove_footholds(const Services& s, store::WriteTxn& tx, const Footholds& footholds,
                              tables::User& user, const Origin& origin, Time now) {
  if (is_owner_known(user)) return {};
  TRY(check_is_all(footholds, user));
  for (const tables::Identity& identity : footholds.identities)
    tables::delete_identity(tx, identity);
  // By their number they are void, these rows too and those that no list shows: more than a list
  // has may have been made side by side. Only so many are removed that a login has room for its own
  // writes; the others go when they expire.
  void_api_keys(tx, user);
  const size_t removed = std::min(footholds.api_keys.size(), kRemovedKeys);
  for (const tables::ApiKey& key : std::span(footholds.api_keys).first(removed))
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
  user.email_change.clear();
  note_owner(user);
  audit(s, tx, origin, {"credentials_voided", user.id, "ok", "", "email proved"}, now);
  return {};
}

Result<tables::User> prove_from_elsewhere(const Services& s, store::WriteTxn& tx, tables::User user,
                                          const Footholds& footholds, const Origin& origin,
                                          Time now) {
  if (is_owner_known(user)) return user;
  TRY(remove_footholds(s, tx, footholds, user, origin, now));
  user.updated_at = now;
  user.password_hash.clear();
  end_other_sessions(tx, user, "");
  return user;
}

Result<void> check_has_no_footholds(const Footholds& footholds, const tables::User& user,
                                    Time now) {
  if (is_owner_known(user) || !user.is_claim) return {};
  TRY(check_is_all(footholds, user));
  const bool has_key = std::any_of(footholds.api_keys.begin(), footholds.api_keys.end(),
                                   [&](const tables::ApiKey& key) { return key.expires_at > now; });
  // Whoever came by a provider has no password: there the first identity is the one way in.
  const size_t own = user.password_hash.empty() ? 1 : 0;
  if (!user.mfa_enabled && !has_key && footholds.identities.size() <= own) return {};
  return refused(
      ErrorCode::forbidden, "sign_in_first",
      "This account has more than a password. Sign in to it and follow the link again, or "
      "send its password with the link. If you did not make it, ask for a new password "
      "instead: that removes whatever somebody else set up.");
}

bool is_foothold_added(const Error& error) {
  return error.code == ErrorCode::conflict && error.name == kAdded;
}

}  // namespace authd::auth
