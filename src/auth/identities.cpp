#include "auth/identities.h"

#include <algorithm>

#include "auth/audit.h"
#include "auth/notices.h"
#include "auth/providers.h"
#include "auth/step_up.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/users.h"

namespace authd::auth {

Result<std::vector<tables::Identity>> list_identities(const Services& s, UserId user) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<tables::Identity>> {
    return tables::identities_of(tx, user);
  });
}

Result<void> unlink_identity(const Services& s, const Caller& caller, std::string_view provider,
                             const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const UserId id = caller.user().id;
  const std::vector<tables::Identity> before = TRY(list_identities(s, id));
  const auto notice = identity_notice(s, caller.user(), provider, "removed", now);
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    const auto identity = tables::find_identity_of(tx, id, provider);
    if (!user || !identity) {
      return Error{ErrorCode::not_found, "Your account is not linked with this provider."};
    }
    // Read again one by one: another of them may be gone by now.
    const bool has_other =
        std::any_of(before.begin(), before.end(), [&](const tables::Identity& other) {
          return other.provider != provider && s.providers.find(other.provider) != nullptr &&
                 tables::find_identity_of(tx, id, other.provider);
        });
    if (user->password_hash.empty() && !has_other) {
      return Error{ErrorCode::conflict,
                   "This is the only way into your account: set a password first (ask for one at "
                   "/api/v1/auth/password/forgot), or link another provider.",
                   {},
                   "last_login_method"};
    }
    tables::delete_identity(tx, *identity);
    end_other_sessions(tx, *user, caller.session().id);
    user->updated_at = now;
    tables::put_user(tx, *user);
    if (notice) tables::insert_mail(tx, *notice);
    audit(s, tx, origin, {"identity_unlinked", id, "ok", provider}, now);
    return {};
  });
}

std::optional<tables::Mail> identity_notice(const Services& s, const tables::User& user,
                                            std::string_view provider, std::string_view change,
                                            Time now) {
  const config::Provider* known = s.providers.find(provider);
  const std::string label = known == nullptr ? std::string(provider) : known->label;
  return make_notice(s, tables::MailKind::factors_changed, user,
                     "Signing in with " + label + " was " + std::string(change) + ".", now);
}

}  // namespace authd::auth
