// Roles: names with permissions, granted to users. The first start creates the roles "user" (given
// to every new account) and "admin".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/key_reach.h"
#include "auth/core/put.h"
#include "auth/core/services.h"
#include "config/reading/values.h"
#include "tables/schema.h"

namespace authd::auth {

// Limits: the roles of a user, and the roles in total.
using tables::kMaxRolesPerUser;
inline constexpr size_t kMaxRoles = 1000;
inline constexpr size_t kMaxPermissionsPerRole = 256;

using config::is_role_name;

// The user's role names in the order in which they were granted, and the union of their
// permissions. Only those of the first `grants` grants (User::role_grants), for an API key, which
// no later grant reaches: otherwise a thief could create a key today that gains power with the
// owner's next promotion.
void load_roles(store::Reader& tx, const tables::User& user, std::vector<std::string>& names,
                std::vector<std::string>& permissions, uint64_t grants = UINT64_MAX);

// Grants the role to a user who lacks it, or takes it; false if the user has none. The caller puts
// the user. Nothing else changes the roles of a user that exists, so that each grant is counted.
void give_role(tables::User& user, RoleId role);
bool take_role(tables::User& user, RoleId role);

// Creates the two default roles if they are missing.
Result<void> ensure_roles(const Services& s);

// Errors: `invalid` (a name is not 1 to 64 of a-z 0-9 . _ -; the same for permissions, which may
// also contain ':'), `conflict`.
Result<tables::Role> add_role(const Services& s, std::string_view name,
                              std::string_view description,
                              const std::vector<std::string>& permissions, const Origin& origin);

// Changes to a role; what is absent stays. Its name stays: clients, proxies and the configuration
// name roles by it.
struct RoleChange {
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> permissions;
};
// Users of the role have the new permissions with the next request; an API key of theirs too.
// Errors: `not_found`; `invalid`; `forbidden`, "beyond_api_key", for an API key that would change
// "admin" or a role of its own user.
Result<Put<tables::Role>> change_role(const Services& s, std::string_view name,
                                      const RoleChange& change, const Origin& origin);

// Brings the role into this state, whether or not it exists. Errors: as add_role() and
// change_role(), without `conflict` and `not_found`.
Result<Put<tables::Role>> put_role(const Services& s, const tables::Role& wanted,
                                   const Origin& origin);

// What put_role() would store now, whoever asks. Errors: `invalid`.
Result<Put<tables::Role>> look_at_role(store::Reader& tx, const tables::Role& wanted);

Result<std::vector<tables::Role>> list_roles(const Services& s);

}  // namespace authd::auth
