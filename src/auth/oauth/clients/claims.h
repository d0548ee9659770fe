// What an application learns about a person (OpenID Connect Core section 5.1). The same rules hold
// for the ID token and for userinfo: a claim belongs to a scope, and is written when the person has
// granted that scope.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/profile/attributes.h"
#include "auth/core/caller.h"
#include "base/json_writer.h"
#include "tables/schema.h"

namespace authd::auth {

// An ID token ends up in cookies, and most servers refuse a header of more than 8 KiB.
inline constexpr size_t kMaxGroupsInIdToken = 50;
// Nor would one longer than 8 KiB be taken here. Userinfo has all of them.
inline constexpr size_t kMaxAttributesInToken = 2048;  // bytes of names and values

struct NamedClaim {
  std::string_view name;
  std::string_view scope;
};

// Every possible claim about a person, in the order in which they are written: the standard ones,
// then those of attributes.
std::vector<NamedClaim> all_claims(const config::Realm& realm);

// The standard scopes, then those that attributes add.
std::vector<std::string> supported_scopes(const config::Realm& realm);
// Whether this is one of them.
bool is_supported_scope(const config::Realm& realm, std::string_view scope);

// The scopes that the client may ask for together with these resources. A scope about claims must
// be the client's own: a resource with a scope of the same name does not grant it.
std::vector<std::string> allowed_scopes_at(const config::Realm& realm, const tables::Client& client,
                                           const std::vector<tables::Resource>& resources);

// The attributes that an application with these scopes gets.
std::vector<config::Attribute> attributes_with(const config::Realm& realm,
                                               const std::vector<std::string>& scopes);

// The scopes to which these claims belong, each once; names that this server does not know have
// none.
std::vector<std::string> scopes_of_claims(const config::Realm& realm,
                                          const std::vector<std::string>& names);

// A person as one client sees them.
struct ClaimsOf {
  const tables::User& user;
  const std::vector<std::string>& roles;  // names
  const tables::Client& client;
  const config::Realm& realm;
  const AttributeValues& attributes;
};

// Those of the roles that the client may see, under their own names (Client::groups).
std::vector<std::string> visible_roles(const tables::Client& client,
                                       const std::vector<std::string>& roles);

// The roles as the client is to see them: only those of Client::groups, under the names of
// Client::group_names.
std::vector<std::string> groups_for(const tables::Client& client,
                                    const std::vector<std::string>& roles);

// Writes the claims of `scopes`, and those of `asked` whose scope is in `granted`, into the object
// that is open. At most `max_groups` groups. Attributes beyond `max_attributes` bytes are left out,
// each as a whole.
struct WantedClaims {
  std::vector<std::string> scopes;
  std::vector<std::string> asked;
  const std::vector<std::string>& granted;
  size_t max_groups = SIZE_MAX;
  size_t max_attributes = SIZE_MAX;
};
void write_claims(JsonWriter& json, const ClaimsOf& of, const WantedClaims& wanted);

// The same for the person of a grant. Reads the attributes in a transaction of its own, if any are
// wanted.
Result<void> add_claims(const Services& s, JsonWriter& json, const GrantRows& rows,
                        const WantedClaims& wanted);

}  // namespace authd::auth
