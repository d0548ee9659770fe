#include "auth/footholds.h"

#include "auth/api_keys.h"
#include "tables/identities.h"
#include "tables/users.h"

namespace authd::auth {

namespace {

constexpr std::string_view kAdded = "footholds_changed";

}  // namespace

void note_foothold(tables::User& user) {
  if (!user.email_verified) ++user.footholds;
}

Result<Footholds> footholds_of(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Footholds> {
    const std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user || user->email_verified) return Footholds{};
    return Footholds{tables::identities_of(tx, id), api_keys_of(tx, id), user->footholds};
  });
}

Result<void> remove_footholds(store::WriteTxn& tx, const Footholds& footholds,
                              const tables::User& user) {
  if (user.footholds != footholds.seen) {
    return Error{ErrorCode::conflict,
                 "The account changed at this moment; try again.",
                 {},
                 std::string(kAdded)};
  }
  for (const tables::Identity& identity : footholds.identities)
    tables::delete_identity(tx, identity);
  for (const tables::ApiKey& key : footholds.api_keys)
    tables::api_keys.del(tx, api_key_row(key.user, key.number));
  return {};
}

bool is_foothold_added(const Error& error) {
  return error.code == ErrorCode::conflict && error.name == kAdded;
}

}  // namespace authd::auth
