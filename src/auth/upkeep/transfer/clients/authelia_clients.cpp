// The clients in a configuration of Authelia (identity_providers.oidc.clients), converted to JSON.
// Names of before 4.38 are understood, too.
#include <array>

#include "auth/oauth/protocol/words.h"
#include "auth/upkeep/transfer/clients/foreign_clients.h"

namespace authd::auth::transfer {
namespace {

constexpr std::string_view kPlainText = "$plaintext$";

// The newer name of a member first.
Result<std::string> text_of(ForeignMembers& json, const char* name, const char* before) {
  const std::string newer = TRY(json.text(name));
  const std::string older = TRY(json.text(before));
  return newer.empty() ? older : newer;
}

Result<bool> flag_of(ForeignMembers& json, const char* name, const char* before) {
  const bool newer = TRY(json.flag(name));
  const bool older = TRY(json.flag(before));
  return newer || older;
}

// Who may enter. A policy of the administrator's own has rules about people and networks, and
// without them the client would be open to everybody.
void set_policy(ForeignClient& client, const std::string& policy) {
  if (policy == "two_factor" || policy.empty()) {  // which is the default there
    client.set("required_acr", std::string(kSeveralFactors));
  } else if (policy == "deny") {
    client.set("disabled", true);
  } else if (policy != "one_factor") {
    client.problem = "its authorization_policy \"" + policy +
                     "\" has rules of its own: set one_factor or two_factor in the file, and "
                     "afterwards the members roles and networks of the client here";
  }
}

Result<void> read_pkce(ForeignMembers& json, ForeignClient& client, bool is_public) {
  const bool is_required = TRY(flag_of(json, "require_pkce", "enforce_pkce"));
  const std::string method = TRY(json.text("pkce_challenge_method"));
  if (method == "plain") client.note("It must use S256: PKCE with \"plain\" is refused here.");
  if (!is_required && method.empty() && !is_public) client.set("pkce", std::string("optional"));
  return {};
}

Result<void> read_keys(ForeignMembers& json, ForeignClient& client) {
  client.set("jwks_uri", TRY(json.text("jwks_uri")));
  // Keys in PEM, in a form that only Authelia has.
  const bool has_keys = json.has("jwks") || json.has("public_keys");
  if (has_keys) {
    client.problem = "its public keys are in a form of Authelia's own: publish them with jwks_uri";
  }
  for (const char* name : {"id_token_encrypted_response_alg", "userinfo_encrypted_response_alg",
                           "access_token_encrypted_response_alg"}) {
    if (json.has(name)) client.problem = std::string(name) + ": nothing is encrypted here";
  }
  return {};
}

Result<void> read_sector(ForeignMembers& json, ForeignClient& client) {
  const std::string sector = TRY(json.text("sector_identifier_uri"));
  if (sector.empty()) return {};
  client.set("subject_type", std::string("pairwise"));
  client.set("sector_identifier_uri", sector);
  return {};
}

Result<void> read_secret(ForeignMembers& json, ForeignClient& client, bool is_public) {
  std::string secret = TRY(text_of(json, "client_secret", "secret"));
  if (is_public) return {};
  if (secret.starts_with(kPlainText)) secret.erase(0, kPlainText.size());
  set_secret(client, std::move(secret));
  return {};
}

Result<void> read_grants(ForeignMembers& json, ForeignClient& client) {
  std::vector<std::string> types = TRY(json.list("grant_types"));
  if (types.empty()) types = {std::string(kCodeGrant)};
  set_grants(client, types, TRY(json.list("response_types")));
  return {};
}

Result<void> read_client(const JsonObject& object, ForeignClient& client) {
  ForeignMembers json(object);
  client.id = TRY(text_of(json, "client_id", "id"));
  client.name = TRY(text_of(json, "client_name", "description"));
  TRY(read_grants(json, client));
  const std::string method = TRY(json.text("token_endpoint_auth_method"));
  const bool is_public = TRY(json.flag("public")) || method == kNoAuth;
  set_auth_method(client, is_public ? kNoAuth : std::string_view(method));
  TRY(read_secret(json, client, is_public));
  TRY(read_pkce(json, client, is_public));
  client.set("redirect_uris", TRY(json.list("redirect_uris")));
  client.set("scopes", TRY(json.list("scopes")));
  client.set("resources", TRY(json.list("audience")));
  set_policy(client, TRY(json.text("authorization_policy")));
  const std::string consent = TRY(json.text("consent_mode"));
  client.set("consent", std::string(consent == "implicit" ? "skip" : "ask"));
  const bool needs_par = TRY(flag_of(json, "require_pushed_authorization_requests", "enforce_par"));
  if (needs_par) client.set("require_pushed_authorization_requests", true);
  set_algorithm(client, "id_token_signed_response_alg",
                TRY(json.text("id_token_signed_response_alg")));
  set_algorithm(client, "userinfo_signed_response_alg",
                TRY(json.text("userinfo_signed_response_alg")));
  TRY(read_keys(json, client));
  TRY(read_sector(json, client));
  // What this server does anyway, or decides by the scopes that are asked for.
  json.pass_over({"response_modes", "pre_configured_consent_duration",
                  "access_token_signed_response_alg", "allow_multiple_auth_methods",
                  "requested_audience_mode", "token_endpoint_auth_signing_alg"});
  note_rest(client, json);
  return {};
}

}  // namespace

Result<std::vector<ForeignClient>> read_authelia_clients(const JsonObject& file) {
  if (!file.has("identity_providers")) {
    return read_each(TRY(clients_under(file, "clients")), &read_client);
  }
  const JsonObject oidc = TRY(TRY(file.object("identity_providers")).object("oidc"));
  return read_each(TRY(clients_under(oidc, "clients")), &read_client);
}

}  // namespace authd::auth::transfer
