// What an application learns about a person (OpenID Connect Core section 5.1). The same rules hold
// for the ID token and for userinfo: a claim belongs to a scope, and is written when the person has
// granted that scope.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "tables/schema.h"

namespace authd::auth {

// An ID token becomes a part of cookies, and a header of 8 KiB is refused by most servers.
inline constexpr size_t kMaxGroupsInIdToken = 50;

struct NamedClaim {
  std::string_view name;
  std::string_view scope;
};

// Every claim about a person that there may be, in the order in which they are written.
std::span<const NamedClaim> all_claims();

// The scopes to which these claims belong, each once; names that this server does not know have
// none.
std::vector<std::string> scopes_of_claims(const std::vector<std::string>& names);

// A person as one client sees them.
struct ClaimsOf {
  const tables::User& user;
  const std::vector<std::string>& roles;  // names
  const tables::Client& client;
};

// Those of the roles that the client may see, under their own names (Client::groups).
std::vector<std::string> visible_roles(const tables::Client& client,
                                       const std::vector<std::string>& roles);

// The roles as the client is to see them: only those of Client::groups, under the names of
// Client::group_names.
std::vector<std::string> groups_for(const tables::Client& client,
                                    const std::vector<std::string>& roles);

// Writes the claims of `scopes`, and those of `asked` whose scope is in `granted`, into the object
// that is open. At most `max_groups` groups.
struct WantedClaims {
  std::vector<std::string> scopes;
  std::vector<std::string> asked;
  const std::vector<std::string>& granted;
  size_t max_groups = SIZE_MAX;
};
void write_claims(JsonWriter& json, const ClaimsOf& of, const WantedClaims& wanted);

}  // namespace authd::auth
