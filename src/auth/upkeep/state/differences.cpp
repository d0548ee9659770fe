#include "auth/upkeep/state/differences.h"

#include <algorithm>

#include "auth/oauth/clients/client_members.h"
#include "auth/sessions/roles.h"
#include "config/reading/values.h"

namespace authd::auth::state {
namespace {

using Members = std::vector<std::pair<std::string, AttributeValue>>;

// What is empty or false is the default.
void add(Members& members, std::string name, AttributeValue value) {
  const bool* flag = std::get_if<bool>(&value);
  if (is_empty(value) || (flag != nullptr && !*flag)) return;
  members.emplace_back(std::move(name), std::move(value));
}

AttributeValue value_of_member(const MemberValue& value) {
  return std::visit([](const auto& one) { return AttributeValue(one); }, value);
}

// Two lists of pairs, by name, in the order of the second one and then of what is only in the
// first.
std::vector<MemberDiff> differences_of(const Members& before, const Members& after) {
  std::vector<MemberDiff> all;
  const auto find = [](const Members& in, const std::string& name) {
    return std::find_if(in.begin(), in.end(), [&](const auto& one) { return one.first == name; });
  };
  for (const auto& [name, value] : after) {
    const auto old = find(before, name);
    if (old == before.end()) {
      all.push_back({name, std::nullopt, value});
    } else if (old->second != value) {
      all.push_back({name, old->second, value});
    }
  }
  for (const auto& [name, value] : before) {
    if (find(after, name) == after.end()) all.push_back({name, value, std::nullopt});
  }
  return all;
}

template <typename T>
std::vector<MemberDiff> compare(const T* before, const T& after) {
  return differences_of(before == nullptr ? Members{} : members_of(*before), members_of(after));
}

}  // namespace

Members members_of(const tables::Role& role) {
  Members members;
  add(members, "description", role.description);
  add(members, "permissions", role.permissions);
  return members;
}

Members members_of(const tables::Resource& resource) {
  Members members;
  add(members, "name", resource.name);
  add(members, "scopes", resource.scopes);
  const Milliseconds life(static_cast<int64_t>(resource.access_ttl_ms));
  if (life != Milliseconds(0)) add(members, "access_ttl", config::format_duration(life));
  return members;
}

// What a client with these addresses gets by itself is left out.
Members members_of(const tables::Client& client) {
  const auto base =
      client_with({{"name", std::string("x")}, {"redirect_uris", client.redirect_uris}});
  Members members;
  for (const ClientMember& member : client_members()) {
    const MemberValue value = value_of(client, member);
    const bool is_base = base && value == value_of(*base, member) && member.name != "redirect_uris";
    if (is_base && member.name != "name") continue;
    if (member.name == "redirect_uris" && client.redirect_uris.empty()) continue;
    members.emplace_back(member.name, value_of_member(value));
  }
  return members;
}

Members members_of(const AccountState& account) {
  const tables::User& user = account.user;
  Members members;
  if (!user.username.empty()) add(members, "email", user.email);
  add(members, "email_verified", user.email_verified && !user.mailbox_alone);
  add(members, "first_name", user.first_name);
  add(members, "last_name", user.last_name);
  add(members, "phone_number", user.phone_number);
  std::vector<std::string> roles = account.roles;
  std::erase(roles, kUserRole);
  std::sort(roles.begin(), roles.end());
  add(members, "roles", roles);
  add(members, "disabled", user.disabled);
  for (const auto& [name, value] : account.attributes)
    members.emplace_back("attributes." + name, value);
  return members;
}

std::vector<MemberDiff> differences(const tables::Role* before, const tables::Role& after) {
  return compare(before, after);
}

std::vector<MemberDiff> differences(const tables::Resource* before, const tables::Resource& after) {
  return compare(before, after);
}

std::vector<MemberDiff> differences(const tables::Client* before, const tables::Client& after) {
  return compare(before, after);
}

std::vector<MemberDiff> differences(const AccountState* before, const AccountState& after) {
  std::vector<MemberDiff> all = compare(before, after);
  const bool had_password = before != nullptr && !before->user.password_hash.empty();
  if (!had_password && !after.user.password_hash.empty())
    all.push_back({"password_hash", std::nullopt, std::nullopt, true});
  return all;
}

}  // namespace authd::auth::state
