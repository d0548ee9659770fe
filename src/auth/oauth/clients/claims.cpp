#include "auth/oauth/clients/claims.h"

#include <algorithm>
#include <array>

#include "auth/oauth/clients/clients.h"
#include "auth/oauth/protocol/words.h"
#include "base/text.h"
#include "base/time.h"

namespace authd::auth {
namespace {

// A claim and how its value is written; nothing is written for what the account does not have.
struct Claim {
  NamedClaim named;
  void (*write)(JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t max_groups);
};

void text(JsonWriter& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.field(name, value);
}

std::string full_name(const tables::User& user) {
  const std::array<std::string_view, 2> names = {user.first_name, user.last_name};
  const std::string both = joined(names, " ");
  return std::string(trimmed(both.empty() ? std::string_view(user.username) : both));
}

void write_groups(JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t max_groups) {
  std::vector<std::string> groups = groups_for(of.client, of.roles);
  groups.resize(std::min(groups.size(), max_groups));
  if (!of.client.group_separator.empty()) {
    json.field(name, joined(groups, of.client.group_separator));
    return;
  }
  json.key(name).begin_array();
  for (const std::string& group : groups)
    json.value(group);
  json.end_array();
}

constexpr std::array kClaims = {
    Claim{{"name", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, full_name(of.user));
          }},
    Claim{{"given_name", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.first_name);
          }},
    Claim{{"family_name", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.last_name);
          }},
    Claim{{"preferred_username", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.username);
          }},
    // A picture that authd keeps is for people who are signed in here; only a foreign address can
    // be handed on.
    Claim{{"picture", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            if (of.user.avatar_url.starts_with("https://")) text(json, name, of.user.avatar_url);
          }},
    Claim{{"locale", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.locale);
          }},
    Claim{{"updated_at", kProfileScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            json.field(name, unix_seconds(of.user.updated_at));
          }},
    Claim{{"email", kEmailScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.email);
          }},
    Claim{{"email_verified", kEmailScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            // An address that somebody confirmed who may not be the owner of the account is not
            // proved (auth/accounts/changes/address_proof.h).
            if (of.user.email.empty()) return;
            json.field(name, of.user.email_verified && !of.user.mailbox_alone);
          }},
    // Nobody proves a phone number here.
    Claim{{"phone_number", kPhoneScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            text(json, name, of.user.phone_number);
          }},
    Claim{{"phone_number_verified", kPhoneScope},
          [](JsonWriter& json, std::string_view name, const ClaimsOf& of, size_t) {
            if (!of.user.phone_number.empty()) json.field(name, false);
          }},
    Claim{{"groups", kGroupsScope}, &write_groups},
    Claim{{"roles", kGroupsScope}, &write_groups},
};

bool is_wanted(const NamedClaim& claim, const WantedClaims& wanted) {
  return contains(wanted.scopes, claim.scope) ||
         (contains(wanted.asked, claim.name) && contains(wanted.granted, claim.scope));
}

bool is_wanted(const config::Attribute& attribute, const WantedClaims& wanted) {
  return !attribute.claim.empty() && is_wanted({attribute.claim, attribute.scope}, wanted);
}

// About as many bytes as its JSON has.
size_t json_size(const AttributeValue& value) {
  constexpr size_t kNumber = 20;
  if (const auto* text = std::get_if<std::string>(&value)) return text->size() + 2;
  const auto* texts = std::get_if<std::vector<std::string>>(&value);
  if (texts == nullptr) return kNumber;
  size_t size = 2;
  for (const std::string& text : *texts)
    size += text.size() + 3;
  return size;
}

bool is_visible(const tables::Client& client, const std::string& role) {
  if (client.groups.empty()) return true;
  return std::any_of(client.groups.begin(), client.groups.end(), [&](const std::string& pattern) {
    if (!pattern.ends_with('*')) return pattern == role;
    return role.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
  });
}

// "role=name"
std::string renamed(const tables::Client& client, const std::string& role) {
  for (const std::string& rule : client.group_names) {
    const size_t equals = rule.find('=');
    if (equals != std::string::npos && rule.compare(0, equals, role) == 0) {
      return rule.substr(equals + 1);
    }
  }
  return role;
}

}  // namespace

std::vector<NamedClaim> all_claims(const config::Realm& realm) {
  std::vector<NamedClaim> names;
  for (const Claim& claim : kClaims)
    names.push_back(claim.named);
  for (const config::Attribute& attribute : realm.attributes) {
    if (!attribute.claim.empty()) names.push_back({attribute.claim, attribute.scope});
  }
  return names;
}

std::vector<std::string> supported_scopes(const config::Realm& realm) {
  std::vector<std::string> scopes(kStandardScopes.begin(), kStandardScopes.end());
  for (const config::Attribute& attribute : realm.attributes) {
    if (!attribute.claim.empty() && !contains(scopes, attribute.scope)) {
      scopes.push_back(attribute.scope);
    }
  }
  return scopes;
}

bool is_supported_scope(const config::Realm& realm, std::string_view scope) {
  return contains(kStandardScopes, scope) ||
         std::any_of(realm.attributes.begin(), realm.attributes.end(),
                     [&](const config::Attribute& attribute) {
                       return !attribute.claim.empty() && attribute.scope == scope;
                     });
}

std::vector<std::string> allowed_scopes_at(const config::Realm& realm, const tables::Client& client,
                                           const std::vector<tables::Resource>& resources) {
  std::vector<std::string> allowed = allowed_scopes(client);
  for (const tables::Resource& resource : resources) {
    for (const std::string& scope : resource.scopes) {
      if (!is_supported_scope(realm, scope)) allowed.push_back(scope);
    }
  }
  return allowed;
}

std::vector<config::Attribute> attributes_with(const config::Realm& realm,
                                               const std::vector<std::string>& scopes) {
  std::vector<config::Attribute> found = realm.attributes;
  std::erase_if(found, [&](const config::Attribute& attribute) {
    return attribute.claim.empty() || !contains(scopes, attribute.scope);
  });
  return found;
}

std::vector<std::string> scopes_of_claims(const config::Realm& realm,
                                          const std::vector<std::string>& names) {
  std::vector<std::string> scopes;
  for (const NamedClaim& claim : all_claims(realm)) {
    if (contains(names, claim.name) && !contains(scopes, claim.scope)) {
      scopes.emplace_back(claim.scope);
    }
  }
  return scopes;
}

std::vector<std::string> visible_roles(const tables::Client& client,
                                       const std::vector<std::string>& roles) {
  std::vector<std::string> visible = roles;
  std::erase_if(visible, [&](const std::string& role) { return !is_visible(client, role); });
  return visible;
}

std::vector<std::string> groups_for(const tables::Client& client,
                                    const std::vector<std::string>& roles) {
  std::vector<std::string> groups;
  for (const std::string& role : visible_roles(client, roles))
    groups.push_back(renamed(client, role));
  return groups;
}

void write_claims(JsonWriter& json, const ClaimsOf& of, const WantedClaims& wanted) {
  for (const Claim& claim : kClaims) {
    if (is_wanted(claim.named, wanted)) claim.write(json, claim.named.name, of, wanted.max_groups);
  }
  size_t room = wanted.max_attributes;
  for (const config::Attribute& attribute : of.realm.attributes) {
    const auto found = of.attributes.find(attribute.name);
    if (found == of.attributes.end() || !is_wanted(attribute, wanted)) continue;
    const size_t size = attribute.claim.size() + json_size(found->second);
    if (size > room) continue;
    room -= size;
    json.key(attribute.claim);
    write_value(json, found->second);
  }
}

Result<void> add_claims(const Services& s, JsonWriter& json, const GrantRows& rows,
                        const WantedClaims& wanted) {
  const auto& declared = s.config.attributes;
  const bool has_attributes =
      std::any_of(declared.begin(), declared.end(),
                  [&](const config::Attribute& one) { return is_wanted(one, wanted); });
  const AttributeValues attributes =
      has_attributes ? TRY(view_attributes(s, rows.user.id)) : AttributeValues{};
  write_claims(json, {rows.user, rows.roles, rows.client, s.config, attributes}, wanted);
  return {};
}

}  // namespace authd::auth
