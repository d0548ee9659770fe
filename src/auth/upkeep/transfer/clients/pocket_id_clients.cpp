// The clients of Pocket ID: database.json of its export (`pocket-id export`, a zip), or what its
// API answers (GET /api/oidc/clients, one of them, or an array). Only the export has secrets.
#include <map>

#include "auth/oauth/protocol/words.h"
#include "auth/upkeep/transfer/clients/foreign_clients.h"
#include "base/encoding.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

// Who may enter: the names of groups, by the id of the client.
using Groups = std::map<std::string, std::vector<std::string>>;

// A column of the database that has JSON: as text, or in base64.
std::string json_in(const std::string& column) {
  return column == "null" ? "" : base64_decode(column).value_or(column);
}

Result<std::vector<std::string>> list_in(const std::string& column) {
  const std::string text = json_in(column);
  if (text.empty() || text == "null") return std::vector<std::string>{};
  const JsonObject whole = TRY(JsonObject::parse("{\"list\":" + text + "}"));
  return TRY(whole.optional_strings("list")).value_or(std::vector<std::string>{});
}

void set_addresses(ForeignClient& client, std::string_view member,
                   std::vector<std::string> addresses) {
  for (const std::string& one : addresses) {
    if (one.find('*') == std::string::npos) continue;
    client.problem = "its callback URL \"" + one +
                     "\" has a wildcard: write the exact addresses of the application there";
  }
  client.set(member, std::move(addresses));
}

// What every client of Pocket ID has.
void set_common(ForeignClient& client, bool is_public, bool needs_pkce, bool reauthenticates) {
  client.members.push_back({"grant_types", std::vector<std::string>{std::string(kCodeGrant),
                                                                    std::string(kRefreshGrant)}});
  client.set("always_refresh", true);
  client.set("id_token_claims", true);
  if (is_public) {
    client.set("public", true);
  } else if (!needs_pkce) {
    client.set("pkce", std::string("optional"));
  }
  if (!reauthenticates) return;
  client.set("max_age", std::string("10s"));
  client.note("People sign in each time: its max_age is 10 seconds.");
}

// "ISSUER SUBJECT", as this server has it. Audience and keys follow from the issuer here.
Result<void> read_credentials(const JsonObject& credentials, ForeignClient& client) {
  std::vector<std::string> identities;
  const auto all = TRY(credentials.optional_objects("federatedIdentities"));
  for (const JsonObject& one : all.value_or(std::vector<JsonObject>{})) {
    const std::string issuer = TRY(one.string("issuer"));
    const std::string subject = TRY(one.optional_string("subject")).value_or("");
    if (subject.empty()) {
      client.note("Without a subject, the federated identity of " + issuer + " is not imported.");
    } else {
      identities.push_back(issuer + " " + subject);
    }
  }
  client.set("federated_identities", std::move(identities));
  const auto secrets = TRY(credentials.optional_objects("secrets"));
  for (const JsonObject& one : secrets.value_or(std::vector<JsonObject>{})) {
    const std::string hash = TRY(one.optional_string("hash")).value_or("");
    const bool is_sha256 = TRY(one.optional_string("algorithm")).value_or("") == "sha256";
    if (!client.secret_hash.empty()) {
      client.note("It has several secrets; the first one is imported.");
      break;
    }
    if (is_sha256) {
      client.secret_hash = hex_decode(hash).value_or("");
    } else {
      set_secret(client, hash);
    }
  }
  return {};
}

// A restriction to no group lets nobody in there, and everybody here.
void set_roles(ForeignClient& client, bool is_restricted, std::vector<std::string> groups) {
  if (!is_restricted) return;
  if (groups.empty()) client.problem = "no group may use it: give it one there";
  client.set("roles", std::move(groups));
}

Result<void> read_row(const JsonObject& object, ForeignClient& client) {
  ForeignMembers json(object);
  client.id = TRY(json.text("id"));
  client.name = TRY(json.text("name"));
  const bool is_public = TRY(json.flag("is_public"));
  const bool needs_pkce = TRY(json.flag("pkce_enabled"));
  set_common(client, is_public, needs_pkce, TRY(json.flag("requires_reauthentication")));
  set_addresses(client, "redirect_uris", TRY(list_in(TRY(json.text("callback_urls")))));
  set_addresses(client, "post_logout_redirect_uris",
                TRY(list_in(TRY(json.text("logout_callback_urls")))));
  client.set("client_uri", TRY(json.text("launch_url")));
  std::string secret = TRY(json.text("secret"));
  if (!is_public) set_secret(client, std::move(secret));
  const std::string credentials = json_in(TRY(json.text("credentials")));
  if (credentials.starts_with('{'))
    TRY(read_credentials(TRY(JsonObject::parse(credentials)), client));
  json.pass_over({"created_at", "updated_at", "created_by_id", "image_type", "dark_image_type",
                  "is_group_restricted"});
  note_rest(client, json);
  return {};
}

Result<void> read_answer(const JsonObject& object, ForeignClient& client) {
  ForeignMembers json(object);
  client.id = TRY(json.text("id"));
  client.name = TRY(json.text("name"));
  const bool is_public = TRY(json.flag("isPublic"));
  const bool needs_pkce = TRY(json.flag("pkceEnabled"));
  set_common(client, is_public, needs_pkce, TRY(json.flag("requiresReauthentication")));
  set_addresses(client, "redirect_uris", TRY(json.list("callbackURLs")));
  set_addresses(client, "post_logout_redirect_uris", TRY(json.list("logoutCallbackURLs")));
  client.set("client_uri", TRY(json.text("launchURL")));
  std::vector<std::string> groups;
  const auto allowed = TRY(object.optional_objects("allowedUserGroups"));
  for (const JsonObject& group : allowed.value_or(std::vector<JsonObject>{}))
    groups.push_back(lower(TRY(group.string("name"))));
  const bool is_restricted = TRY(json.flag("isGroupRestricted", !groups.empty()));
  // A list of clients only counts them.
  if (json.has("allowedUserGroupsCount") && !allowed) {
    client.problem =
        "a list of clients does not name its groups: ask for it alone (GET "
        "/api/oidc/clients/" +
        client.id + ")";
  }
  set_roles(client, is_restricted, std::move(groups));
  if (json.has("credentials")) TRY(read_credentials(TRY(object.object("credentials")), client));
  json.pass_over({"hasLogo", "hasDarkLogo", "allowedUserGroups", "createdAt", "updatedAt"});
  note_rest(client, json);
  return {};
}

Result<std::vector<JsonObject>> rows_of(const JsonObject& tables, const char* name) {
  return TRY(tables.optional_objects(name)).value_or(std::vector<JsonObject>{});
}

Result<Groups> groups_in(const JsonObject& tables) {
  std::map<std::string, std::string> names;
  for (const JsonObject& group : TRY(rows_of(tables, "user_groups")))
    names[TRY(group.string("id"))] = lower(TRY(group.string("name")));
  Groups groups;
  for (const JsonObject& row : TRY(rows_of(tables, "oidc_clients_allowed_user_groups"))) {
    const auto name = names.find(TRY(row.string("user_group_id")));
    if (name == names.end()) continue;
    groups[TRY(row.string("oidc_client_id"))].push_back(name->second);
  }
  return groups;
}

Result<std::vector<ForeignClient>> read_export(const JsonObject& tables) {
  const std::vector<JsonObject> rows = TRY(clients_under(tables, "oidc_clients"));
  const Groups groups = TRY(groups_in(tables));
  std::vector<ForeignClient> clients = read_each(rows, &read_row);
  for (size_t i = 0; i < clients.size(); ++i) {
    const auto found = groups.find(clients[i].id);
    const bool has_groups = found != groups.end();
    ForeignMembers json(rows[i]);
    // Before that column came, any group was a restriction.
    const bool is_restricted = TRY(json.flag("is_group_restricted", has_groups));
    set_roles(clients[i], is_restricted, has_groups ? found->second : std::vector<std::string>{});
  }
  return clients;
}

}  // namespace

Result<std::vector<ForeignClient>> read_pocket_id_clients(const JsonObject& file) {
  if (file.has("tables")) return read_export(TRY(file.object("tables")));
  if (file.has("callbackURLs")) return read_each({file}, &read_answer);
  return read_each(TRY(clients_under(file, file.has("data") ? "data" : "clients")), &read_answer);
}

}  // namespace authd::auth::transfer
