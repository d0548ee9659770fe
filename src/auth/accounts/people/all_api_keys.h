// The API keys of everybody: which programs may get in. The HTTP endpoint and the command line ask
// with the same words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

enum class ApiKeyOrder {
  owner,      // by the owners' ids, then in the order of creation
  last_used,  // never used comes first
};

struct ApiKeyQuery {
  std::vector<std::string> words;  // as tables::people_form()
  ApiKeyOrder order = ApiKeyOrder::owner;
  bool is_descending = false;
  std::string cursor;
};

// `search`: words that the key's name and the names and email of its owner have all of. `sort`:
// "owner", "last_used" or "-last_used"; empty: "owner". `cursor`: the `next` of the page before.
// Error: `invalid`, with the field.
Result<ApiKeyQuery> parse_api_key_query(std::string_view search, std::string_view sort,
                                        std::string_view cursor);

struct OwnedApiKey {
  tables::ApiKey key;
  tables::User owner;
  std::vector<std::string> roles;  // that the key has (load_roles)
};

struct ApiKeyPage {
  std::vector<OwnedApiKey> keys;
  std::string next;  // empty: this was the last page
};

// At most `limit` keys that can be used, or could if their owner was not disabled. By owner, a page
// looks at a bounded number of rows: it may have fewer keys than that, even none, and still a
// `next`. The other order looks at every key, in short reads, and remembers one page of them. The
// cursor names a place in the order, so keys that are added or removed in the meantime do not move
// the others. Error: `invalid`, "cursor".
Result<ApiKeyPage> find_api_keys(const Services& s, const ApiKeyQuery& query, size_t limit);

}  // namespace authd::auth
