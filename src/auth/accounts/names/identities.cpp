#include "auth/accounts/names/identities.h"

#include <algorithm>

#include "auth/accounts/names/known_owner.h"
#include "auth/accounts/names/providers.h"
#include "auth/accounts/passkeys/relying_party.h"
#include "auth/core/audit/audit.h"
#include "auth/core/identifiers.h"
#include "auth/core/key_reach.h"
#include "auth/core/mails.h"
#include "auth/core/read_user.h"
#include "auth/core/refusals.h"
#include "auth/core/ways.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "config/reading/providers.h"
#include "tables/identities.h"
#include "tables/mail_detail.h"
#include "tables/outbox.h"
#include "tables/roles.h"
#include "tables/users.h"

namespace authd::auth {

Result<std::vector<tables::Identity>> list_identities(const Services& s, UserId user) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Identity>> {
    const std::optional<tables::User> owner = tables::find_user(tx, user);
    return owner ? live_identities_of(tx, *owner) : std::vector<tables::Identity>{};
  });
}

std::optional<tables::Identity> find_live_identity(store::Reader& tx, std::string_view provider,
                                                   std::string_view subject) {
  std::optional<tables::Identity> identity = tables::find_identity(tx, provider, subject);
  if (!identity) return std::nullopt;
  const std::optional<tables::User> user = tables::find_user(tx, identity->user);
  if (!user || !is_current(*user, *identity)) return std::nullopt;
  return identity;
}

std::optional<tables::Identity> find_live_identity_of(store::Reader& tx, const tables::User& user,
                                                      std::string_view provider) {
  std::optional<tables::Identity> identity = tables::find_identity_of(tx, user.id, provider);
  if (identity && !is_current(user, *identity)) identity.reset();
  return identity;
}

std::vector<tables::Identity> live_identities_of(store::ReadTxn& tx, const tables::User& user) {
  std::vector<tables::Identity> identities = tables::identities_of(tx, user.id);
  std::erase_if(identities, [&](const tables::Identity& one) { return !is_current(user, one); });
  return identities;
}

namespace {

// What a removal needs that was read before its write.
struct Unlinking {
  std::string_view provider;
  std::vector<tables::Identity> before;
  std::optional<tables::Mail> notice;
};

Result<Unlinking> prepare_unlinking(const Services& s, const tables::User& user,
                                    std::string_view provider, const Origin& origin, Time now) {
  std::vector<tables::Identity> before = TRY(list_identities(s, user.id));
  return Unlinking{provider, std::move(before),
                   identity_notice(s, user, provider, "provider_removed", origin, now)};
}

// `session` is the raw id of the one that stays; empty: none.
Result<void> unlink_from(const Services& s, store::WriteTxn& tx, tables::User& user,
                         const Unlinking& asked, std::string_view session, const Origin& origin,
                         Time now) {
  const auto identity = find_live_identity_of(tx, user, asked.provider);
  if (!identity) {
    return Error{ErrorCode::not_found, "The account is not linked to this provider."};
  }
  // Read each again, because another one may have been removed by now.
  const bool has_other =
      std::any_of(asked.before.begin(), asked.before.end(), [&](const tables::Identity& other) {
        return other.provider != asked.provider && s.providers.find(other.provider) != nullptr &&
               find_live_identity_of(tx, user, other.provider);
      });
  if (user.password_hash.empty() && !has_other && usable_passkeys(s.config, user) == 0) {
    return refused(ErrorCode::conflict, "last_login_method",
                   "This is the only way into your account: set a password first (request one at "
                   "/api/v1/auth/password/forgot), or link another provider.");
  }
  tables::delete_identity(tx, *identity);
  end_other_sessions(tx, user, session);
  user.updated_at = now;
  tables::put_user(tx, user);
  if (asked.notice) tables::insert_mail(tx, *asked.notice);
  audit(s, tx, origin, {"identity_unlinked", user.id, "ok", asked.provider}, now);
  return {};
}

}  // namespace

Result<void> unlink_identity(const Services& s, const Person& caller, std::string_view provider,
                             const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const Unlinking asked = TRY(prepare_unlinking(s, caller.user(), provider, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::User user = TRY(still_signed_in(tx, caller, now)).user;
    return unlink_from(s, tx, user, asked, caller.session().id, origin, now);
  });
}

Result<void> unlink_user_identity(const Services& s, UserId id, std::string_view provider,
                                  const Origin& origin) {
  const Time now = s.clock.now();
  const tables::User seen = TRY(read_user(s, id));
  const Unlinking asked = TRY(prepare_unlinking(s, seen, provider, origin, now));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    TRY(check_key_reach(tx, origin, *user));
    return unlink_from(s, tx, *user, asked, "", origin, now);
  });
}

void keep_identity(store::WriteTxn& tx, const tables::User& user, tables::Identity identity) {
  const auto before = tables::find_identity_of(tx, user.id, identity.provider);
  if (before && before->subject != identity.subject) tables::delete_identity(tx, *before);
  identity.user = user.id;
  identity.way_epoch = epoch_of(user, Way::identity);
  tables::put_identity(tx, identity);
}

bool may_link_by_email(store::Reader& tx, const tables::User& user) {
  const std::optional<tables::Role> admin = tables::find_role_by_name(tx, kAdminRole);
  const auto& ids = user.role_ids;
  return !admin || std::find(ids.begin(), ids.end(), admin->id.value) == ids.end();
}

Result<void> link_identity(const Services& s, store::WriteTxn& tx, const PendingLink& link,
                           const tables::User& user, const Origin& origin, Time now) {
  const tables::Identity& wanted = link.identity;
  // Uses the user in hand, because their earlier identities may have ended in this very write.
  const auto mine = find_live_identity_of(tx, user, wanted.provider);
  const config::Provider* provider = s.providers.find(wanted.provider);
  const bool is_same_provider =
      provider != nullptr && config::is_issuer_of(*provider, wanted.issuer);
  const bool is_linked = mine && mine->subject == wanted.subject && mine->issuer == wanted.issuer;
  if (is_linked && is_same_provider) return {};
  // Any of these may have changed while the login waited for the second factor.
  const auto known = find_live_identity(tx, wanted.provider, wanted.subject);
  const bool is_free = !known || (known->user == user.id && !is_current(user, *known));
  const bool has_email =
      is_owner_known(user) && folded_login(user.email) == folded_login(wanted.email);
  if (!is_same_provider || !is_free || !has_email || !may_link_by_email(tx, user)) {
    return refused(ErrorCode::conflict, "account_changed",
                   "The account has just changed; start again.");
  }
  if (mine) {
    return refused(ErrorCode::conflict, "provider_linked",
                   "The account with this email is linked to another person at this provider.");
  }
  tables::Identity made = wanted;
  made.created_at = now;
  made.last_used = now;
  keep_identity(tx, user, std::move(made));
  if (link.notice) tables::insert_mail(tx, *link.notice);
  audit(s, tx, origin, {"identity_linked", user.id, "ok", wanted.provider, "by email"}, now);
  return {};
}

void carry_link(const tables::Identity& identity, tables::Challenge& challenge) {
  challenge.link_provider = identity.provider;
  challenge.link_issuer = identity.issuer;
  challenge.link_subject = identity.subject;
  challenge.link_email = identity.email;
}

std::optional<PendingLink> carried_link(const Services& s, const tables::Challenge& challenge,
                                        const tables::User& user, const Origin& origin, Time now) {
  if (challenge.link_provider.empty()) return std::nullopt;
  PendingLink link;
  link.identity.provider = challenge.link_provider;
  link.identity.issuer = challenge.link_issuer;
  link.identity.subject = challenge.link_subject;
  link.identity.email = challenge.link_email;
  link.notice = identity_notice(s, user, challenge.link_provider, "provider_added", origin, now);
  return link;
}

std::optional<tables::Mail> identity_notice(const Services& s, const tables::User& user,
                                            std::string_view provider, const std::string& word,
                                            const Origin& origin, Time now) {
  const config::Provider* known = s.providers.find(provider);
  const std::string label = known == nullptr ? std::string(provider) : known->label;
  return make_notice(s, tables::MailKind::factors_changed, user,
                     tables::detail_of({{word, {{"provider", label}}}}), origin, now);
}

}  // namespace authd::auth
