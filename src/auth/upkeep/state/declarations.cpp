#include "auth/upkeep/state/declarations.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/reading/keys.h"
#include "config/reading/named_tables.h"
#include "config/reading/values.h"

namespace authd::auth::state {
namespace {

using Texts = std::vector<std::string>;

constexpr size_t kMaxSecretFile = 4096;  // bytes
constexpr std::string_view kAttributes = "attributes";

// One table of the files.
struct Table {
  Kind kind = Kind::role;
  std::string name;
  std::string file;
  Source source;
  std::map<std::string, AttributeValue, std::less<>> members;
  AttributeChanges attributes;  // of a user
};

Error wrong(std::string_view field, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field)};
}

Error at(const StateEntry& entry, const std::string& message) {
  return Error{ErrorCode::invalid, entry.place + ": " + message};
}

// The members that are left when all others were taken are unknown.
class Members {
 public:
  explicit Members(Table& table) : table_(table) {}

  // nullopt if it is not there. Errors: `invalid`, with the field, for another type.
  Result<std::optional<std::string>> text(std::string_view name) {
    return take<std::string>(name, "must be a text in quotes");
  }
  Result<std::optional<Texts>> list(std::string_view name) {
    return take<Texts>(name, "must be a list of texts");
  }
  Result<std::optional<bool>> flag(std::string_view name) {
    return take<bool>(name, "must be true or false");
  }

  Result<void> check_all_taken() const {
    if (table_.members.empty()) return {};
    const std::string& name = table_.members.begin()->first;
    return wrong(name, "a " + std::string(word_of(table_.kind)) + " has no member " + shown(name) +
                           did_you_mean(nearest_of(name, known_)));
  }

 private:
  template <typename T>
  Result<std::optional<T>> take(std::string_view name, const char* wanted) {
    known_.emplace_back(name);
    const auto found = table_.members.find(name);
    if (found == table_.members.end()) return std::optional<T>();
    T* value = std::get_if<T>(&found->second);
    if (value == nullptr) return wrong(name, wanted);
    std::optional<T> taken = std::move(*value);
    table_.members.erase(found);
    return taken;
  }

  Table& table_;
  Texts known_;
};

// A text that the file has itself, or that a file or a variable has. Files and variables are not
// named: their name is the secret itself if somebody took `secret_file` for `secret`.
Result<std::string> secret_of(Members& members, const std::string& name, Environment environment) {
  const auto text = TRY(members.text(name));
  const auto file = TRY(members.text(name + "_file"));
  const auto variable = TRY(members.text(name + "_env"));
  if (text.has_value() + file.has_value() + variable.has_value() > 1) {
    return wrong(name, "give one of " + name + ", " + name + "_file and " + name + "_env");
  }
  std::string secret = text.value_or("");
  std::string field = name;
  if (variable) {
    field = name + "_env";
    secret = environment(*variable);
    if (secret.empty()) return wrong(field, "there is no such variable, or it is empty");
  }
  if (file) {
    field = name + "_file";
    const Result<std::string> read = read_file(*file, kMaxSecretFile);
    if (!read) {
      const size_t reason = read.error().message.rfind(": ");
      return wrong(field,
                   "the file cannot be read" +
                       (reason == std::string::npos ? "" : read.error().message.substr(reason)));
    }
    secret = trimmed(*read, "\r\n");
  }
  if (secret.empty() && (text || file)) return wrong(field, "this is empty");
  return secret;
}

Result<tables::Role> role_of(Table& table) {
  Members members(table);
  tables::Role role;
  role.name = table.name;
  role.description = TRY(members.text("description")).value_or("");
  role.permissions = TRY(members.list("permissions")).value_or(Texts{});
  TRY(members.check_all_taken());
  return role;
}

Result<tables::Resource> resource_of(Table& table) {
  Members members(table);
  tables::Resource resource;
  resource.identifier = table.name;
  resource.name = TRY(members.text("name")).value_or(table.name.substr(0, 100));
  resource.scopes = TRY(members.list("scopes")).value_or(Texts{});
  const std::string life = TRY(members.text("access_ttl")).value_or("0");
  TRY(members.check_all_taken());
  const Result<Milliseconds> parsed = config::parse_duration(life);
  if (!parsed) return wrong("access_ttl", "must be a duration such as \"5m\"");
  resource.access_ttl_ms = static_cast<uint64_t>(parsed->count());
  return resource;
}

Result<MemberValue> member_value(const std::string& name, const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return MemberValue(*text);
  if (const auto* list = std::get_if<Texts>(&value)) return MemberValue(*list);
  if (const auto* flag = std::get_if<bool>(&value)) return MemberValue(*flag);
  return wrong(name, "must not be a number");
}

Result<WantedClient> client_of(Table& table, Environment environment) {
  Members members(table);
  WantedClient client;
  client.id = table.name;
  client.secret = ClientSecret(TRY(secret_of(members, "secret", environment)));
  const bool is_short = client.secret.reveal().size() < config::kMinClientSecret;
  if (!client.secret.empty() && is_short)
    return wrong("secret", "a client secret has at least 32 characters");
  for (const auto& [name, value] : table.members) {
    MemberValue taken = TRY(member_value(name, value));
    client.members.push_back({name, std::move(taken)});
  }
  tables::Client trial;
  for (const ClientChange& change : client.members)
    TRY(set_member(trial, change));
  return client;
}

Result<WantedAccount> user_of(Table& table, Environment environment) {
  Members members(table);
  WantedAccount user;
  user.login = table.name;
  user.profile.email = TRY(members.text("email"));
  user.profile.first_name = TRY(members.text("first_name"));
  user.profile.last_name = TRY(members.text("last_name"));
  user.profile.phone_number = TRY(members.text("phone_number"));
  user.email_verified = TRY(members.flag("email_verified"));
  user.disabled = TRY(members.flag("disabled"));
  user.roles = TRY(members.list("roles"));
  user.password_hash = TRY(secret_of(members, "password_hash", environment));
  user.profile.attributes = table.attributes;
  TRY(members.check_all_taken());
  return user;
}

// Whether the operator names the tables of this section, so that no key of all_keys() is in it.
bool has_named_tables(const std::string& section) {
  const auto all = config::named_tables();
  return std::any_of(all.begin(), all.end(),
                     [&](const config::NamedTables& tables) { return tables.section == section; });
}

// A state holds what is in the database. The server has these from its configuration alone.
bool is_of_configuration(const std::string& section) {
  if (has_named_tables(section)) return true;
  const auto keys = config::all_keys();
  return std::any_of(keys.begin(), keys.end(),
                     [&](const config::Key& key) { return key.name.starts_with(section + "."); });
}

Error unknown_section(const StateEntry& entry) {
  const std::string& name = entry.path.front();
  if (name == "webhooks") {
    return at(entry,
              "webhooks are not declared: their secrets are shown once, by authd webhook add");
  }
  if (is_of_configuration(name)) {
    const bool is_named = has_named_tables(name) && entry.path.size() > 1;
    return at(entry, shown(is_named ? name + "." + entry.path[1] : name) +
                         " belongs in the configuration: put it into authd.toml, and restart the "
                         "server");
  }
  Texts sections;
  for (const Kind kind : kAllKinds)
    sections.emplace_back(section_of(kind));
  return at(entry, "there is no section " + shown(name) + " (there are " + joined(sections, ", ") +
                       ")" + did_you_mean(nearest_of(name, sections)));
}

// Sorts the entries into tables, one for each thing.
class Sorter {
 public:
  Sorter(Declarations& declared, Problems& problems) : declared_(declared), problems_(problems) {}

  void take(const StateEntry& entry) {
    const auto* kind = std::find_if(kAllKinds.begin(), kAllKinds.end(), [&](Kind one) {
      return section_of(one) == entry.path.front();
    });
    if (kind == kAllKinds.end()) {
      if (unknown_.emplace(entry.file, entry.path.front()).second)
        problems_.add(unknown_section(entry));
      return;
    }
    const bool is_shaped = entry.path.size() > 2 || !entry.value;
    if (!is_shaped) {
      const std::string& name = entry.path.back();
      return problems_.add(at(
          entry, shown(name) + " must be a table: [" + std::string(section_of(*kind)) + ".NAME]"));
    }
    if (std::find(declared_.kinds.begin(), declared_.kinds.end(), *kind) == declared_.kinds.end())
      declared_.kinds.push_back(*kind);
    if (entry.path.size() == 1) return;
    if (Table* table = table_for(*kind, entry)) add_member(*table, entry);
  }

  std::vector<Table>& tables() { return tables_; }

 private:
  using Id = std::pair<Kind, std::string>;

  // Null if another table has the name: a problem, once for each.
  Table* table_for(Kind kind, const StateEntry& entry) {
    const std::string& name = entry.path[1];
    const Id id{kind, kind == Kind::user ? tables::fold(name) : name};
    const auto found = places_.find(id);
    if (found == places_.end()) {
      places_.emplace(id, tables_.size());
      tables_.push_back({kind, name, entry.file, {entry.place, {}}, {}, {}});
      return &tables_.back();
    }
    Table& table = tables_[found->second];
    if (table.name == name && table.file == entry.file) return &table;
    if (repeated_.emplace(id, entry.place).second) {
      problems_.add(at(entry, std::string(word_of(kind)) + " " + shown(name) +
                                  " is there already: " + table.source.place));
    }
    return nullptr;
  }

  void add_member(Table& table, const StateEntry& entry) {
    if (entry.path.size() == 2) return;
    const std::string& member = entry.path[2];
    const bool has_attributes = table.kind == Kind::user && member == kAttributes;
    if (has_attributes && entry.path.size() == 4 && entry.value) {
      table.source.members.try_emplace("attributes." + entry.path[3], entry.place);
      table.attributes.emplace_back(entry.path[3], *entry.value);
      return;
    }
    if (has_attributes && entry.path.size() == 3 && !entry.value) return;
    if (entry.path.size() > 3 || !entry.value || has_attributes) {
      return problems_.add(table.source, table.kind, table.name,
                           wrong(member, has_attributes ? "must be a table of values"
                                                        : shown(member) + " must not be a table"));
    }
    table.source.members.try_emplace(member, entry.place);
    table.members.emplace(member, *entry.value);
  }

  Declarations& declared_;
  Problems& problems_;
  std::vector<Table> tables_;
  std::map<Id, size_t> places_;
  std::map<Id, std::string> repeated_;
  std::set<std::pair<std::string, std::string>> unknown_;  // sections, by their file
};

template <typename T>
void keep(std::vector<Declared<T>>& all, Table& table, Result<T> made, Problems& problems) {
  if (!made) return problems.add(table.source, table.kind, table.name, made.error());
  if (all.size() >= kMaxDeclared) {
    return problems.add(table.source, table.kind, table.name,
                        wrong("", "more than 10000 of a kind are not applied at once"));
  }
  all.push_back({table.name, std::move(table.source), std::move(*made)});
}

}  // namespace

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::role: return "role";
    case Kind::resource: return "resource";
    case Kind::client: return "client";
    case Kind::user: return "user";
  }
  __builtin_unreachable();
}

std::string_view section_of(Kind kind) {
  switch (kind) {
    case Kind::role: return "roles";
    case Kind::resource: return "resources";
    case Kind::client: return "clients";
    case Kind::user: return "users";
  }
  __builtin_unreachable();
}

const std::string& Source::place_of(std::string_view field) const {
  const auto found = members.find(field);
  return found == members.end() ? place : found->second;
}

void Problems::add(const Source& source, Kind kind, const std::string& name, const Error& error) {
  const std::string member = error.field.empty() ? "" : ", " + error.field;
  lines_.push_back(source.place_of(error.field) + ": " + std::string(word_of(kind)) + " " +
                   shown(name) + member + ": " + error.message);
}

void Problems::add(const Error& error) {
  lines_.push_back(error.message);
}

Error Problems::error() const {
  constexpr size_t kMostLines = 50;
  std::string text;
  for (size_t i = 0; i < std::min(lines_.size(), kMostLines); ++i)
    text += (i == 0 ? "" : "\n") + lines_[i];
  if (lines_.size() > kMostLines)
    text += "\nand " + std::to_string(lines_.size() - kMostLines) + " more";
  return Error{ErrorCode::invalid, text};
}

Result<Declarations> declarations_of(const std::vector<StateEntry>& entries,
                                     Environment environment) {
  Declarations declared;
  Problems problems;
  Sorter sorter(declared, problems);
  for (const StateEntry& entry : entries)
    sorter.take(entry);
  for (Table& table : sorter.tables()) {
    switch (table.kind) {
      case Kind::role: keep(declared.roles, table, role_of(table), problems); break;
      case Kind::resource: keep(declared.resources, table, resource_of(table), problems); break;
      case Kind::client:
        keep(declared.clients, table, client_of(table, environment), problems);
        break;
      case Kind::user: keep(declared.users, table, user_of(table, environment), problems); break;
    }
  }
  if (!problems.empty()) return problems.error();
  return declared;
}

}  // namespace authd::auth::state
