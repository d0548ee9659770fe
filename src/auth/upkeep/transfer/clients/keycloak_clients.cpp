// The clients of Keycloak: in the export of a realm (`kc.sh export`, or the console's partial
// export), an array of them from its API, or the file of a single client.
#include <algorithm>
#include <array>

#include "auth/oauth/protocol/words.h"
#include "auth/upkeep/transfer/clients/foreign_clients.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

constexpr auto kOfKeycloak =
    std::to_array<std::string_view>({"account", "account-console", "admin-cli", "broker",
                                     "realm-management", "security-admin-console", "master-realm"});

// Scopes that only say how Keycloak makes its own tokens.
constexpr auto kInternalScopes = std::to_array<std::string_view>(
    {"acr", "basic", "microprofile-jwt", "organization", "roles", "role_list", "service_account",
     "saml_organization", "web-origins"});

constexpr std::string_view kMasked = "**********";

// The addresses, made absolute. One with a wildcard cannot be had: any page below it could be sent
// a code (RFC 9700 section 4.1).
std::vector<std::string> addresses(ForeignClient& client, const std::vector<std::string>& uris,
                                   const std::string& root) {
  std::vector<std::string> all;
  for (const std::string& uri : uris) {
    if (uri.find('*') != std::string::npos) {
      client.problem = "its redirect URI \"" + uri +
                       "\" has a wildcard: write the exact addresses of the application there";
    }
    all.push_back(uri.starts_with('/') ? root + uri : uri);
  }
  return all;
}

std::vector<std::string> split_addresses(std::string_view text) {
  constexpr std::string_view kSeparator = "##";
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(kSeparator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + kSeparator.size(), text.size()));
  }
  return parts;
}

Result<void> read_addresses(ForeignMembers& json, ForeignMembers& attributes,
                            ForeignClient& client) {
  const std::string root = TRY(json.text("rootUrl"));
  std::vector<std::string> redirects = addresses(client, TRY(json.list("redirectUris")), root);
  const std::string after = TRY(attributes.text("post.logout.redirect.uris"));
  if (after == "+") {
    client.set("post_logout_redirect_uris", redirects);
  } else if (after != "-") {
    client.set("post_logout_redirect_uris", addresses(client, split_addresses(after), root));
  }
  client.set("redirect_uris", std::move(redirects));
  const std::string base = TRY(json.text("baseUrl"));
  const std::string home = base.starts_with('/') ? root + base : base.empty() ? root : base;
  if (home.starts_with("http")) client.set("client_uri", home);
  client.set("backchannel_logout_uri", TRY(attributes.text("backchannel.logout.url")));
  return {};
}

Result<void> read_grants(ForeignMembers& json, ForeignMembers& attributes, ForeignClient& client) {
  const bool is_bearer_only = TRY(json.flag("bearerOnly"));
  const bool has_code = TRY(json.flag("standardFlowEnabled", true)) && !is_bearer_only;
  const bool has_device = TRY(attributes.flag("oauth2.device.authorization.grant.enabled"));
  std::vector<std::string> grants;
  if (has_code) grants.emplace_back(kCodeGrant);
  if (has_device) grants.emplace_back(kDeviceGrant);
  const bool refreshes = TRY(attributes.flag("use.refresh.tokens", true));
  if ((has_code || has_device) && refreshes) {
    grants.emplace_back(kRefreshGrant);
    client.set("always_refresh", true);  // without offline_access, as there
  }
  if (TRY(json.flag("serviceAccountsEnabled"))) {
    grants.emplace_back(kClientGrant);
    client.note(
        "It gets tokens of its own only for APIs: authd resource add, and its member "
        "resources.");
  }
  if (TRY(attributes.flag("standard.token.exchange.enabled"))) grants.emplace_back(kExchangeGrant);
  client.members.push_back({"grant_types", std::move(grants)});
  if (TRY(json.flag("implicitFlowEnabled"))) client.note("There is no implicit grant here.");
  if (TRY(json.flag("directAccessGrantsEnabled"))) {
    client.note("There is no password grant here (RFC 9700 section 2.4).");
  }
  return {};
}

Result<void> read_authentication(ForeignMembers& json, ForeignMembers& attributes,
                                 ForeignClient& client) {
  const bool is_public = TRY(json.flag("publicClient"));
  const std::string pkce = TRY(attributes.text("pkce.code.challenge.method"));
  if (pkce == "plain") client.note("It must use S256: PKCE with \"plain\" is refused here.");
  if (pkce.empty() && !is_public) client.set("pkce", std::string("optional"));
  const std::string type = TRY(json.text("clientAuthenticatorType"));
  const std::string secret = TRY(json.text("secret"));
  const std::string keys = TRY(attributes.text("jwks.string"));
  const std::string keys_at = TRY(attributes.text("jwks.url"));
  if (is_public) {
    client.set("public", true);
  } else if (type == "client-jwt") {
    client.set("token_endpoint_auth_method", std::string(kPrivateKeyAuth));
    client.set("jwks", keys);
    if (keys.empty()) client.set("jwks_uri", keys_at);
  } else if (!type.empty() && type != "client-secret") {
    client.problem = "it authenticates with " + type + ", which does not exist here";
  } else if (!secret.empty() && secret != kMasked) {
    client.secret = ClientSecret(std::string(secret));
  }
  return {};
}

Result<void> read_tokens(ForeignMembers& attributes, ForeignClient& client) {
  const std::string life = TRY(attributes.text("access.token.lifespan"));
  if (is_digits(life)) client.set("access_ttl", life + "s");
  set_algorithm(client, "id_token_signed_response_alg",
                TRY(attributes.text("id.token.signed.response.alg")));
  set_algorithm(client, "userinfo_signed_response_alg",
                TRY(attributes.text("user.info.response.signature.alg")));
  if (TRY(attributes.flag("require.pushed.authorization.requests"))) {
    client.set("require_pushed_authorization_requests", true);
  }
  if (TRY(attributes.flag("dpop.bound.access.tokens"))) {
    client.set("dpop_bound_access_tokens", true);
  }
  if (TRY(attributes.flag("tls.client.certificate.bound.access.tokens"))) {
    client.problem = "its tokens are bound to a certificate, which is not possible here";
  }
  return {};
}

Result<void> read_scopes(ForeignMembers& json, ForeignClient& client) {
  std::vector<std::string> scopes = {std::string(kOpenidScope)};
  bool has_any = false;
  for (const char* name : {"defaultClientScopes", "optionalClientScopes"}) {
    for (std::string& scope : TRY(json.list(name))) {
      has_any = true;
      if (!contains(kInternalScopes, scope) && !contains(scopes, scope)) {
        scopes.push_back(std::move(scope));
      }
    }
  }
  if (has_any) client.set("scopes", std::move(scopes));
  return {};
}

// What is about the way Keycloak works, and nothing that an application would miss.
void pass_over(ForeignMembers& json) {
  json.pass_over({"id", "protocol", "webOrigins", "adminUrl", "surrogateAuthRequired", "notBefore",
                  "fullScopeAllowed", "nodeReRegistrationTimeout", "registeredNodes",
                  "alwaysDisplayInConsole", "access", "origin", "type", "attributes",
                  "registrationAccessToken", "clientTemplate"});
}

Result<void> read_open_id(const JsonObject& object, ForeignMembers& json, ForeignClient& client) {
  static const JsonObject kNone = *JsonObject::parse("{}");
  const JsonObject inner = object.has("attributes") && !object.is_null("attributes")
                               ? TRY(object.object("attributes"))
                               : kNone;
  ForeignMembers attributes(inner);
  client.set("description", TRY(json.text("description")));
  TRY(read_grants(json, attributes, client));
  TRY(read_authentication(json, attributes, client));
  TRY(read_addresses(json, attributes, client));
  TRY(read_tokens(attributes, client));
  TRY(read_scopes(json, client));
  const bool asks = TRY(json.flag("consentRequired"));
  client.set("consent", std::string(asks ? "ask" : "skip"));
  client.set("id_token_claims", true);  // as there
  const bool is_enabled = TRY(json.flag("enabled", true));
  if (!is_enabled) client.set("disabled", true);
  pass_over(json);
  note_rest(client, json);
  return {};
}

Result<void> read_client(const JsonObject& object, ForeignClient& client) {
  ForeignMembers json(object);
  client.id = TRY(json.text("clientId"));
  client.name = TRY(json.text("name"));
  client.is_built_in = contains(kOfKeycloak, client.id) || client.id.ends_with("-realm");
  // "${client_account}" is a text of its own catalogue.
  if (client.name.starts_with("${")) client.name.clear();
  const std::string protocol = TRY(json.text("protocol"));
  if (protocol.empty() || protocol == "openid-connect") return read_open_id(object, json, client);
  client.problem = "its protocol is " + protocol + ", and this server speaks only OpenID Connect";
  return {};
}

}  // namespace

Result<std::vector<ForeignClient>> read_keycloak_clients(const JsonObject& file) {
  if (file.has("clientId")) return read_each({file}, &read_client);
  return read_each(TRY(clients_under(file, "clients")), &read_client);
}

}  // namespace authd::auth::transfer
