#include "auth/core/key_reach.h"

#include <algorithm>

#include "base/refusal.h"
#include "tables/roles.h"

namespace authd::auth {
namespace {

Error beyond_key() {
  return refused(ErrorCode::forbidden, "beyond_api_key",
                 "An API key cannot change its own user or administrators, or make anybody an "
                 "administrator: sign in to do this.");
}

}  // namespace

bool is_administrator(store::Reader& tx, const tables::User& user) {
  const std::optional<tables::Role> role = tables::find_role_by_name(tx, kAdminRole);
  const auto& ids = user.role_ids;
  return role && std::find(ids.begin(), ids.end(), role->id.value) != ids.end();
}

Result<void> check_key_reach(store::Reader& tx, const Origin& origin, const tables::User& user) {
  if (!origin.by_api_key) return {};
  if (user.id != origin.actor && !is_administrator(tx, user)) return {};
  return beyond_key();
}

Result<void> check_key_grants(const Origin& origin, std::string_view role) {
  if (!origin.by_api_key || role != kAdminRole) return {};
  return beyond_key();
}

}  // namespace authd::auth
