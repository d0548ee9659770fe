// The clients of Ory Hydra: what `hydra list oauth2-clients --format json` and its API print, a
// single client, or the array that `hydra import oauth2-client` takes. Only the last has secrets.
#include <algorithm>

#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/protocol/words.h"
#include "auth/upkeep/transfer/clients/foreign_clients.h"
#include "base/json_writer.h"

namespace authd::auth::transfer {
namespace {

// Hydra's older name of offline_access.
std::vector<std::string> scopes_in(const std::string& text) {
  std::vector<std::string> scopes = words_in(text);
  std::replace(scopes.begin(), scopes.end(), std::string("offline"), std::string(kOfflineScope));
  return scopes;
}

Result<void> read_keys(ForeignMembers& json, const JsonObject& object, ForeignClient& client) {
  client.set("jwks_uri", TRY(json.text("jwks_uri")));
  if (!json.has("jwks")) return {};
  JsonWriter keys;
  object.write("jwks", keys);
  client.set("jwks", keys.take());
  return {};
}

Result<void> read_subject(ForeignMembers& json, ForeignClient& client) {
  const std::string type = TRY(json.text("subject_type"));
  const std::string sector = TRY(json.text("sector_identifier_uri"));
  if (type != "pairwise") return {};
  client.set("subject_type", type);
  client.set("sector_identifier_uri", sector);
  return {};
}

Result<void> read_addresses(ForeignMembers& json, ForeignClient& client) {
  client.set("redirect_uris", TRY(json.list("redirect_uris")));
  client.set("post_logout_redirect_uris", TRY(json.list("post_logout_redirect_uris")));
  for (const char* name : {"backchannel_logout_uri", "client_uri", "policy_uri", "tos_uri"})
    client.set(name, TRY(json.text(name)));
  return {};
}

Result<void> read_client(const JsonObject& object, ForeignClient& client) {
  ForeignMembers json(object);
  client.id = TRY(json.text("client_id"));
  client.name = TRY(json.text("client_name"));
  std::vector<std::string> types = TRY(json.list("grant_types"));
  if (types.empty()) types = {std::string(kCodeGrant)};
  set_grants(client, types, TRY(json.list("response_types")));
  const std::string method = TRY(json.text("token_endpoint_auth_method"));
  set_auth_method(client, method);
  std::string secret = TRY(json.text("client_secret"));
  if (method != kNoAuth) {
    set_secret(client, std::move(secret));
    // Hydra demands PKCE of public clients alone.
    client.set("pkce", std::string("optional"));
  }
  TRY(read_addresses(json, client));
  client.set("scopes", scopes_in(TRY(json.text("scope"))));
  client.set("resources", TRY(json.list("audience")));
  const bool skips_consent = TRY(json.flag("skip_consent"));
  client.set("consent", std::string(skips_consent ? "skip" : "ask"));
  set_algorithm(client, "userinfo_signed_response_alg",
                TRY(json.text("userinfo_signed_response_alg")));
  TRY(read_keys(json, object, client));
  TRY(read_subject(json, client));
  json.pass_over({"access_token_strategy", "allowed_cors_origins", "contacts", "created_at",
                  "updated_at", "owner", "registration_access_token", "registration_client_uri",
                  "client_secret_expires_at", "backchannel_logout_session_required",
                  "token_endpoint_auth_signing_alg", "skip_logout_consent", "logo_uri"});
  note_rest(client, json);
  return {};
}

}  // namespace

Result<std::vector<ForeignClient>> read_hydra_clients(const JsonObject& file) {
  if (file.has("client_id")) return read_each({file}, &read_client);
  return read_each(TRY(clients_under(file, file.has("items") ? "items" : "clients")), &read_client);
}

}  // namespace authd::auth::transfer
