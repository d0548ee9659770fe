// What differs between two states of a thing, member by member.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/accounts/account/put_account.h"
#include "tables/schema.h"

namespace authd::auth::state {

struct MemberDiff {
  std::string name;                      // "permissions", "attributes.department"
  std::optional<AttributeValue> before;  // absent: it had none, or the default
  std::optional<AttributeValue> after;
  bool is_secret = false;  // neither value is there; only that it changes
};

// Of the members that have a value other than the default. `before` null: it was not there.
std::vector<MemberDiff> differences(const tables::Role* before, const tables::Role& after);
std::vector<MemberDiff> differences(const tables::Resource* before, const tables::Resource& after);
std::vector<MemberDiff> differences(const tables::Client* before, const tables::Client& after);
std::vector<MemberDiff> differences(const AccountState* before, const AccountState& after);

// The members that a file has of the thing; without its name.
std::vector<std::pair<std::string, AttributeValue>> members_of(const tables::Role& role);
std::vector<std::pair<std::string, AttributeValue>> members_of(const tables::Resource& resource);
std::vector<std::pair<std::string, AttributeValue>> members_of(const tables::Client& client);
// Attributes are "attributes.NAME".
std::vector<std::pair<std::string, AttributeValue>> members_of(const AccountState& account);

}  // namespace authd::auth::state
