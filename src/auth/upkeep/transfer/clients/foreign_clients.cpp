#include "auth/upkeep/transfer/clients/foreign_clients.h"

#include <algorithm>

#include "auth/oauth/clients/imported_secret.h"
#include "auth/oauth/protocol/words.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kMaxNamed = 20;  // members in one note

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + "\"";
}

bool says_something(const JsonObject& json, std::string_view name) {
  if (!json.has(name) || json.is_null(name)) return false;
  if (const auto text = json.optional_string(name)) return !(*text)->empty() && **text != "none";
  if (const auto flag = json.optional_boolean(name)) return **flag;
  if (const auto number = json.optional_number(name)) return **number != 0;
  if (const auto texts = json.optional_strings(name)) return !(*texts)->empty();
  if (const auto objects = json.optional_objects(name)) return !(*objects)->empty();
  const auto object = json.object(name);
  return !object || !object->keys().empty();
}

}  // namespace

void ForeignClient::set(std::string_view member, MemberValue value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* list = std::get_if<std::vector<std::string>>(&value);
  if ((text != nullptr && text->empty()) || (list != nullptr && list->empty())) return;
  members.push_back({std::string(member), std::move(value)});
}

std::vector<ClientFormat> client_formats() {
  return {{"authelia", &read_authelia_clients},
          {"keycloak", &read_keycloak_clients},
          {"hydra", &read_hydra_clients},
          {"pocket-id", &read_pocket_id_clients}};
}

Result<std::vector<ForeignClient>> read_foreign_clients(const ClientFormat& format,
                                                        std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text = trimmed(text, " \t\r\n");
  const bool is_array = text.starts_with('[');
  if (!is_array && !text.starts_with('{')) {
    return Error{ErrorCode::invalid, "This is not JSON. YAML is converted with: yq -o json FILE"};
  }
  JsonLimits limits;
  limits.max_bytes = kMaxClientFile;
  limits.max_depth = 32;
  if (!is_array) return format.read(TRY(JsonObject::parse(text, limits)));
  std::string whole = "{\"clients\":";
  whole.append(text).append("}");
  return format.read(TRY(JsonObject::parse(whole, limits)));
}

Result<std::string> ForeignMembers::text(const char* name) {
  asked_.emplace_back(name);
  if (const auto flag = json_.optional_boolean(name); flag && *flag)
    return **flag ? "true" : "false";
  if (const auto number = json_.optional_integer(name); number && *number) {
    return std::to_string(**number);
  }
  return TRY(json_.optional_string(name)).value_or("");
}

Result<bool> ForeignMembers::flag(const char* name, bool otherwise) {
  asked_.emplace_back(name);
  if (const auto number = json_.optional_integer(name); number && *number) return **number != 0;
  if (const auto text = json_.optional_string(name); text && *text && !(*text)->empty()) {
    return **text == "true";
  }
  return TRY(json_.optional_boolean(name)).value_or(otherwise);
}

Result<std::vector<std::string>> ForeignMembers::list(const char* name) {
  asked_.emplace_back(name);
  return TRY(json_.optional_strings(name)).value_or(std::vector<std::string>{});
}

bool ForeignMembers::has(const char* name) {
  asked_.emplace_back(name);
  return says_something(json_, name);
}

void ForeignMembers::pass_over(std::initializer_list<const char*> names) {
  asked_.insert(asked_.end(), names.begin(), names.end());
}

std::vector<std::string> ForeignMembers::rest() const {
  std::vector<std::string> names = json_.keys();
  std::erase_if(names, [&](const std::string& name) {
    return contains(asked_, name) || !says_something(json_, name);
  });
  return names;
}

Result<std::vector<JsonObject>> clients_under(const JsonObject& file, const char* name) {
  std::vector<JsonObject> all =
      TRY(file.optional_objects(name)).value_or(std::vector<JsonObject>{});
  if (all.empty()) return Error{ErrorCode::invalid, "There are no clients in the file."};
  return all;
}

std::vector<ForeignClient> read_each(const std::vector<JsonObject>& all, ReadClient read) {
  std::vector<ForeignClient> clients;
  for (const JsonObject& json : all) {
    ForeignClient client;
    const Result<void> done = read(json, client);
    if (!done) {
      const Error& error = done.error();
      client.problem = (error.field.empty() ? "" : error.field + ": ") + error.message;
    }
    if (client.name.empty()) client.name = client.id;
    clients.push_back(std::move(client));
  }
  return clients;
}

void set_grants(ForeignClient& client, const std::vector<std::string>& grant_types,
                const std::vector<std::string>& response_types) {
  const bool has_code = response_types.empty() || contains(response_types, "code");
  std::vector<std::string> grants;
  for (const std::string& type : grant_types) {
    if (!contains(kGrantTypes, type)) {
      client.note("The grant type " + quoted(type) + " does not exist here.");
    } else if (type != kCodeGrant || has_code) {
      grants.push_back(type);
    }
  }
  if (!has_code && !contains(grants, kClientGrant) && !contains(grants, kDeviceGrant)) {
    client.problem =
        "it does not use the authorization code grant, and there is no implicit one here (RFC 9700 "
        "section 2.1.2): set the response type \"code\" in the application";
  }
  const bool is_for_people = contains(grants, kCodeGrant) || contains(grants, kDeviceGrant);
  if (!is_for_people) std::erase(grants, kRefreshGrant);
  client.members.push_back({"grant_types", std::move(grants)});
}

void set_auth_method(ForeignClient& client, std::string_view method) {
  if (method == kNoAuth) {
    client.set("public", true);
  } else if (contains(kAuthMethods, method)) {
    client.set("token_endpoint_auth_method", std::string(method));
  } else if (!method.empty()) {
    client.problem = "it authenticates with " + quoted(method) +
                     ", which does not exist here; use a secret or private_key_jwt";
  }
}

void set_secret(ForeignClient& client, std::string text) {
  if (text.empty()) return;
  if (is_importable_hash(text)) {
    client.secret_hash = std::move(text);
  } else if (text.starts_with("$") && std::count(text.begin(), text.end(), '$') >= 3) {
    client.problem =
        "the form of its secret's hash is not known: give the application a new secret";
  } else {
    client.secret = ClientSecret(std::move(text));
  }
}

void set_algorithm(ForeignClient& client, std::string_view member, std::string_view algorithm) {
  if (algorithm.empty() || algorithm == "none") return;
  if (contains(kIdTokenAlgorithms, algorithm)) {
    client.set(member, std::string(algorithm));
  } else {
    client.problem = std::string(member) + ": this server signs with " +
                     joined(kIdTokenAlgorithms, ", ") + ", and not with " + quoted(algorithm);
  }
}

void note_rest(ForeignClient& client, const ForeignMembers& members) {
  std::vector<std::string> rest = members.rest();
  if (rest.empty()) return;
  const bool is_cut = rest.size() > kMaxNamed;
  rest.resize(std::min(rest.size(), kMaxNamed));
  client.note("Not imported: " + joined(rest, ", ") + (is_cut ? ", …" : "") + ".");
}

}  // namespace authd::auth::transfer
