#include "auth/footholds.h"

#include "auth/api_keys.h"
#include "tables/identities.h"

namespace authd::auth {

Result<Footholds> footholds_of(const Services& s, const tables::User& user) {
  if (user.email_verified) return Footholds{};
  return s.store.read([&](store::ReadTxn& tx) -> Result<Footholds> {
    return Footholds{tables::identities_of(tx, user.id), api_keys_of(tx, user.id)};
  });
}

void remove_footholds(store::WriteTxn& tx, const Footholds& footholds) {
  for (const tables::Identity& identity : footholds.identities)
    tables::delete_identity(tx, identity);
  for (const tables::ApiKey& key : footholds.api_keys)
    tables::api_keys.del(tx, api_key_row(key.user, key.number));
}

}  // namespace authd::auth
