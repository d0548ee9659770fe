// The removal of roles, and how many people have one.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

struct RoleView {
  tables::Role role;
  uint64_t members = 0;
};

// Error: `not_found`.
Result<RoleView> view_role(const Services& s, std::string_view name);

// Error: `conflict`, "role_in_use", if more than kMaxRemovedMembers users have it: a request must
// not take minutes. `not_found`.
inline constexpr size_t kMaxRemovedMembers = 100;
Result<void> check_role_is_small(const Services& s, std::string_view name);

// Takes the role away from everybody, a user per transaction, and removes it. Nobody can be granted
// it any more once it is gone. If it is interrupted, the role still exists, and the next call
// continues. Returns how many users lost it. Errors: `not_found`; `forbidden` for "user" and
// "admin", which authd itself needs.
Result<uint64_t> delete_role(const Services& s, std::string_view name, const Origin& origin);

}  // namespace authd::auth
