#include "auth/core/read_user.h"

#include "auth/core/refusals.h"
#include "tables/users.h"

namespace authd::auth {

Result<tables::User> read_user(const Services& s, UserId id) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<tables::User> {
    std::optional<tables::User> user = tables::find_user(tx, id);
    if (!user) return no_such_user();
    return std::move(*user);
  });
}

}  // namespace authd::auth
