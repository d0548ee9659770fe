#include "auth/upkeep/state/state_text.h"

#include <algorithm>

#include "auth/accounts/profile/account_view.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "auth/upkeep/state/differences.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace authd::auth::state {
namespace {

using Things = std::vector<ExportedThing>;
using Members = std::vector<std::pair<std::string, AttributeValue>>;

constexpr size_t kPage = 500;
constexpr std::string_view kAttributePrefix = "attributes.";

// The accounts after `after`, of one state of the store.
Result<std::vector<AccountState>> page_of_users(const Services& s, UserId after) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<AccountState>> {
    std::vector<tables::User> users;
    tables::users.scan(tx, tables::big_endian(after.value + 1), "",
                       [&](std::string_view, tables::User user) {
                         users.push_back(std::move(user));
                         return users.size() < kPage;
                       });
    std::vector<AccountState> page;
    for (const tables::User& user : users) {
      AccountView view = view_of(tx, user);
      page.push_back({user, std::move(view.roles), attributes_of(tx, s.config, user.id)});
    }
    return page;
  });
}

Result<Things> users_of(const Services& s) {
  Things things;
  UserId after;
  for (bool is_last = false; !is_last;) {
    const std::vector<AccountState> page = TRY(page_of_users(s, after));
    is_last = page.size() < kPage;
    for (const AccountState& account : page) {
      after = account.user.id;
      const std::string& name = account.user.username;
      things.push_back({name.empty() ? account.user.email : name, members_of(account)});
    }
    if (things.size() > kMaxDeclared) {
      return Error{ErrorCode::too_large,
                   "there are more than 10000 users, which are not applied at once: use --only "
                   "roles,clients,resources, and authd export for the users"};
    }
  }
  return things;
}

template <typename Rows, typename Name>
Things things_of(const Rows& rows, Name name) {
  Things things;
  for (const auto& row : rows)
    things.push_back({row.*name, members_of(row)});
  return things;
}

Result<Things> things_of(const Services& s, Kind kind) {
  switch (kind) {
    case Kind::role: return things_of(TRY(list_roles(s)), &tables::Role::name);
    case Kind::resource: return things_of(TRY(list_resources(s)), &tables::Resource::identifier);
    case Kind::client: {
      std::vector<tables::Client> clients = TRY(list_clients(s));
      // What the configuration, programs and documents say is not declared twice.
      std::erase_if(clients, [](const tables::Client& client) {
        return client.configured || !client.origin.empty();
      });
      return things_of(clients, &tables::Client::id);
    }
    case Kind::user: return users_of(s);
  }
  __builtin_unreachable();
}

bool is_bare(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-';
  });
}

// A basic string of TOML 1.0: what JsonWriter writes is one, since it escapes no character beyond
// U+FFFF.
std::string quoted(std::string_view text) {
  JsonWriter json;
  json.value(text);
  return json.take();
}

std::string key_text(std::string_view key) {
  return is_bare(key) ? std::string(key) : quoted(key);
}

std::string value_text(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  std::string list;
  for (const std::string& one : std::get<std::vector<std::string>>(value))
    list += (list.empty() ? "" : ", ") + quoted(one);
  return "[" + list + "]";
}

bool is_attribute(const Members::value_type& member) {
  return member.first.starts_with(kAttributePrefix);
}

std::string attribute_name(const std::string& member) {
  return member.substr(kAttributePrefix.size());
}

}  // namespace

Result<std::vector<ExportedSection>> export_state(const Services& s,
                                                  const std::vector<Kind>& kinds) {
  std::vector<ExportedSection> sections;
  for (const Kind kind : kAllKinds) {
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) continue;
    Things things = TRY(things_of(s, kind));
    std::sort(things.begin(), things.end(), [](const ExportedThing& a, const ExportedThing& b) {
      return tables::fold(a.name) < tables::fold(b.name);
    });
    sections.push_back({kind, std::move(things)});
  }
  return sections;
}

std::string toml_of(const std::vector<ExportedSection>& sections) {
  std::string text;
  for (const ExportedSection& section : sections) {
    const std::string above(section_of(section.kind));
    // Without any, the file still says that this is all there is.
    if (section.things.empty()) text += (text.empty() ? "[" : "\n[") + above + "]\n";
    for (const ExportedThing& thing : section.things) {
      const std::string table = above + "." + key_text(thing.name);
      text += (text.empty() ? "[" : "\n[") + table + "]\n";
      for (const auto& member : thing.members) {
        if (!is_attribute(member))
          text += key_text(member.first) + " = " + value_text(member.second) + "\n";
      }
      if (std::none_of(thing.members.begin(), thing.members.end(), &is_attribute)) continue;
      text += "\n[" + table + ".attributes]\n";
      for (const auto& member : thing.members) {
        if (is_attribute(member))
          text += key_text(attribute_name(member.first)) + " = " + value_text(member.second) + "\n";
      }
    }
  }
  return text;
}

std::string json_of(const std::vector<ExportedSection>& sections) {
  JsonWriter json;
  json.begin_object();
  for (const ExportedSection& section : sections) {
    json.key(section_of(section.kind)).begin_object();
    for (const ExportedThing& thing : section.things) {
      json.key(thing.name).begin_object();
      bool has_attributes = false;
      for (const auto& member : thing.members) {
        if (is_attribute(member) && !has_attributes) json.key("attributes").begin_object();
        has_attributes = has_attributes || is_attribute(member);
        json.key(is_attribute(member) ? attribute_name(member.first) : member.first);
        write_value(json, member.second);
      }
      if (has_attributes) json.end_object();
      json.end_object();
    }
    json.end_object();
  }
  json.end_object();
  return json.take();
}

}  // namespace authd::auth::state
