// Whether a client as a whole is in order: before it is stored, and what its administrator should
// know about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxListed = 50;         // values of one list
inline constexpr size_t kMaxMemberText = 2000;   // bytes of one text
inline constexpr size_t kMaxClientSecrets = 10;  // of one client, at the same time

// [A-Za-z0-9_-], 3 to 64 characters. Error: `invalid`, "client_id".
Result<void> check_client_id(std::string_view id);

// A scope-token of RFC 6749 section 3.3, of at most 100 bytes.
bool is_scope(std::string_view text);

// Whether the members fit each other. Errors: `invalid`, with the member as its field and what to
// do about it.
Result<void> check_members(const tables::Client& client);

// The same, and whether what it names exists: roles and resources. Those that `before` names
// already, because they were there then, need not exist; nor does `before` itself.
Result<void> check_client(store::Reader& tx, const tables::Client& client,
                          const tables::Client& before = {});

// A name for people, without spaces around it. Error: `invalid`, with the field, if it is empty or
// has more than 100 characters.
Result<std::string> parse_shown_name(std::string_view text, std::string_view field);

// Values that are allowed but rarely intended, in whole sentences, for people.
std::vector<std::string> client_warnings(const config::Realm& realm, const tables::Client& client);

}  // namespace authd::auth
