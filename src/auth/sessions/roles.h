// Roles: names with permissions that are granted to users. The roles "user" (which every new
// account gets) and "admin" are made at the first start.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr std::string_view kUserRole = "user";
inline constexpr std::string_view kAdminRole = "admin";

// A user has at most this many roles, and there are at most this many in all.
using tables::kMaxRolesPerUser;
inline constexpr size_t kMaxRoles = 1000;
inline constexpr size_t kMaxPermissionsPerRole = 256;

// 1 to 64 of the letters a-z, digits and . _ -
bool is_role_name(std::string_view text);

// The names of the user's roles in the order of their grant, and the union of their permissions.
void load_roles(store::Reader& tx, const tables::User& user, std::vector<std::string>& names,
                std::vector<std::string>& permissions);

// Makes the two default roles unless they are there.
Result<void> ensure_roles(const Services& s);

// Errors: `invalid` (name not 1 to 64 of a-z 0-9 . _ -; permissions alike, with ':' too),
// `conflict`.
Result<tables::Role> add_role(const Services& s, std::string_view name,
                              std::string_view description,
                              const std::vector<std::string>& permissions, const Origin& origin);

Result<std::vector<tables::Role>> list_roles(const Services& s);

}  // namespace authd::auth
