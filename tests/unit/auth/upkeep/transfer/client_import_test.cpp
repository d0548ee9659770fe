#include "auth/upkeep/transfer/clients/client_import.h"

#include <algorithm>

#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/imported_secret.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/roles.h"
#include "config/reading/clients.h"
#include "support/clients.h"

namespace authd::auth::transfer {
namespace {

using State = ClientOutcome::State;
using Outcomes = std::vector<ClientOutcome>;

std::vector<ForeignClient> read_as(const std::string& format, const std::string& text) {
  for (const ClientFormat& one : client_formats()) {
    if (one.name != format) continue;
    auto clients = read_foreign_clients(one, text);
    REQUIRE(clients);
    return std::move(*clients);
  }
  FAIL("no such format");
  return {};
}

struct Import {
  Outcomes run(const std::string& format, const std::string& text, ClientImportOptions how = {}) {
    how.format = format;
    auto outcomes = import_clients(t.services, read_as(format, text), how, {});
    REQUIRE(outcomes);
    return std::move(*outcomes);
  }
  std::optional<tables::Client> client(const std::string& id) {
    return t.store
        .read([&](store::ReadTxn& tx) {
          return Result<std::optional<tables::Client>>(find_client(tx, id));
        })
        .value();
  }
  void add_role(const std::string& name) { REQUIRE(auth::add_role(t.services, name, "", {}, {})); }

  test::Instance t;
};

bool has_note(const ClientOutcome& outcome, std::string_view part) {
  return std::any_of(outcome.notes.begin(), outcome.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

const std::string kAuthelia = R"({"identity_providers": {"oidc": {"hmac_secret": "x", "clients": [
  {"client_id": "wiki", "client_name": "Wiki",
   "client_secret": "$2b$04$abcdefghijklmnopqrstuugs1V6EILlMcsR2nAChFsao3cd2pUjeK",
   "public": false, "authorization_policy": "two_factor", "require_pkce": false,
   "redirect_uris": ["https://wiki.example.org/callback"],
   "scopes": ["openid", "profile", "email", "groups"], "response_types": ["code"],
   "grant_types": ["authorization_code"], "consent_mode": "implicit",
   "userinfo_signed_response_alg": "none", "claims_policy": "wiki",
   "token_endpoint_auth_method": "client_secret_post"},
  {"id": "old", "description": "Old", "secret": "$plaintext$short",
   "authorization_policy": "one_factor",
   "redirect_uris": ["https://old.example.org/callback"]},
  {"client_id": "ruled", "client_name": "Ruled", "authorization_policy": "only_staff",
   "redirect_uris": ["https://ruled.example.org/callback"]},
  {"client_id": "implicit", "authorization_policy": "one_factor", "response_types": ["id_token"],
   "grant_types": ["implicit"], "redirect_uris": ["https://odd.example.org/callback"]}
]}}})";

TEST_CASE("clients of Authelia") {
  Import import;
  const Outcomes outcomes = import.run("authelia", kAuthelia);
  REQUIRE(outcomes.size() == 4);
  const auto wiki = import.client("wiki");
  REQUIRE(wiki);
  CHECK(wiki->name == "Wiki");
  CHECK(wiki->redirect_uris == std::vector<std::string>{"https://wiki.example.org/callback"});
  CHECK(wiki->grant_types == std::vector<std::string>{"authorization_code"});
  CHECK(wiki->auth_method == "client_secret_post");
  CHECK(wiki->required_acr == "mfa");
  CHECK(wiki->pkce_optional);
  CHECK(wiki->skips_consent);
  CHECK(wiki->userinfo_algorithm.empty());
  CHECK(has_imported_secret(*wiki, import.t.clock.now()));
  CHECK(has_note(outcomes[0], "claims_policy"));
  const auto old = import.client("old");
  REQUIRE(old);
  CHECK(old->required_acr.empty());
  CHECK(secrets_of(*old)[0].hash == crypto::sha256("short"));
  CHECK(has_note(outcomes[1], "fewer than 32"));
  // Without its rules it would let everybody in.
  CHECK(outcomes[2].state == State::skipped);
  CHECK(outcomes[2].reason.find("only_staff") != std::string::npos);
  CHECK_FALSE(import.client("ruled"));
  CHECK(outcomes[3].state == State::skipped);
}

const std::string kKeycloak = R"({"id": "1", "realm": "main", "enabled": true, "clients": [
  {"id": "2", "clientId": "account", "name": "${client_account}", "publicClient": true,
   "redirectUris": ["/realms/main/account/*"], "protocol": "openid-connect"},
  {"id": "3", "clientId": "grafana", "name": "Grafana", "rootUrl": "https://grafana.example.org",
   "baseUrl": "/", "enabled": true, "clientAuthenticatorType": "client-secret",
   "secret": "abcdefghijklmnopqrstuvwxyzABCDEF", "redirectUris": ["/login/generic_oauth"],
   "webOrigins": ["+"], "bearerOnly": false, "consentRequired": false, "standardFlowEnabled": true,
   "implicitFlowEnabled": false, "directAccessGrantsEnabled": true, "serviceAccountsEnabled": false,
   "publicClient": false, "frontchannelLogout": true, "protocol": "openid-connect",
   "attributes": {"post.logout.redirect.uris": "+", "pkce.code.challenge.method": "S256",
     "backchannel.logout.url": "https://grafana.example.org/logout",
     "access.token.lifespan": "300", "oauth2.device.authorization.grant.enabled": "false"},
   "protocolMappers": [{"name": "groups"}],
   "defaultClientScopes": ["web-origins", "acr", "profile", "roles", "email"],
   "optionalClientScopes": ["offline_access", "microprofile-jwt"]},
  {"clientId": "spa", "publicClient": true, "redirectUris": ["https://spa.example.org/*"]},
  {"clientId": "saml", "protocol": "saml"},
  {"clientId": "masked", "secret": "**********", "redirectUris": ["https://m.example.org/cb"]}
]})";

TEST_CASE("clients of Keycloak") {
  Import import;
  const Outcomes outcomes = import.run("keycloak", kKeycloak);
  REQUIRE(outcomes.size() == 5);
  CHECK(outcomes[0].state == State::built_in);
  const auto grafana = import.client("grafana");
  REQUIRE(grafana);
  const std::vector<std::string> address = {"https://grafana.example.org/login/generic_oauth"};
  CHECK(grafana->redirect_uris == address);
  CHECK(grafana->post_logout_redirect_uris == address);
  CHECK(grafana->backchannel_logout_uri == "https://grafana.example.org/logout");
  CHECK(grafana->client_uri == "https://grafana.example.org/");
  CHECK(grafana->grant_types == std::vector<std::string>{"authorization_code", "refresh_token"});
  CHECK(grafana->scopes ==
        std::vector<std::string>{"openid", "profile", "email", "offline_access"});
  CHECK(grafana->access_ttl_ms == 300'000);
  CHECK(grafana->skips_consent);
  CHECK(grafana->always_refresh);
  CHECK(grafana->id_token_claims);
  CHECK_FALSE(grafana->pkce_optional);
  CHECK(secrets_of(*grafana)[0].hash == crypto::sha256("abcdefghijklmnopqrstuvwxyzABCDEF"));
  CHECK(has_note(outcomes[1], "password grant"));
  CHECK(has_note(outcomes[1], "protocolMappers"));
  CHECK(outcomes[2].reason.find("wildcard") != std::string::npos);
  CHECK(outcomes[3].reason.find("saml") != std::string::npos);
  CHECK(outcomes[4].state == State::imported);
  CHECK_FALSE(outcomes[4].secret.empty());
  CHECK(secrets_of(*import.client("masked"))[0].hash ==
        crypto::sha256(outcomes[4].secret.reveal()));
}

TEST_CASE("clients of Hydra, as a list and as an array") {
  const std::string wiki = R"({"client_id": "wiki", "client_name": "Wiki",
    "redirect_uris": ["https://wiki.example.org/callback"],
    "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code", "id_token"],
    "scope": "openid offline photos", "audience": [], "token_endpoint_auth_method": "none",
    "subject_type": "public", "jwks": {}, "skip_consent": true, "metadata": {"a": 1},
    "authorization_code_grant_access_token_lifespan": null,
    "created_at": "2026-01-01T00:00:00Z", "userinfo_signed_response_alg": "none"})";
  const std::string job = R"({"client_id": "3f2c9a34-6a0e-4c0f-9c47-0b8a5d0c7f11",
    "client_name": "Night job", "grant_types": ["client_credentials"], "scope": ""})";
  for (const std::string& text :
       {"{\"items\":[" + wiki + "," + job + "]}", "\n[" + wiki + ",\n" + job + "]\n"}) {
    Import import;
    const Outcomes outcomes = import.run("hydra", text);
    REQUIRE(outcomes.size() == 2);
    const auto client = import.client("wiki");
    REQUIRE(client);
    CHECK(client->is_public);
    CHECK(client->skips_consent);
    CHECK(client->scopes == std::vector<std::string>{"openid", "offline_access", "photos"});
    CHECK(has_note(outcomes[0], "metadata"));
    // A UUID could be the subject of a person.
    CHECK(outcomes[1].state == State::skipped);
    CHECK(outcomes[1].reason.find("--map-ids") != std::string::npos);
    const Outcomes mapped = import.run("hydra", "[" + job + "]", {"", false, true});
    CHECK(mapped[0].id == "night-job");
    CHECK(import.client("night-job").has_value());
  }
}

TEST_CASE("clients of Pocket ID, from its export and from its API") {
  Import import;
  import.add_role("designers");
  // URL lists are JSON in base64.
  const Outcomes outcomes =
      import.run("pocket-id", R"({"provider": "sqlite", "version": 1, "tables": {
    "oidc_clients": [
      {"id": "nextcloud", "name": "Nextcloud",
       "callback_urls": "WyJodHRwczovL25jLmV4YW1wbGUub3JnL2NiIl0=",
       "logout_callback_urls": "bnVsbA==", "credentials": "e30=", "is_public": false,
       "pkce_enabled": false, "is_group_restricted": false, "launch_url": "https://nc.example.org",
       "requires_reauthentication": false, "image_type": "png",
       "secret": "$2a$10$9dypwot8nGuCjT6wQWWpJOckZfRprhe2EkwpKizxS/fpVHrOLEJHC"},
      {"id": "immich", "name": "Immich", "callback_urls": "[\"https://im.example.org/cb\"]",
       "is_public": 1, "pkce_enabled": 1, "is_group_restricted": true, "secret": ""},
      {"id": "nobody", "name": "Nobody", "callback_urls": "[\"https://no.example.org/cb\"]",
       "is_group_restricted": true}],
    "oidc_clients_allowed_user_groups": [{"oidc_client_id": "immich", "user_group_id": "g1"}],
    "user_groups": [{"id": "g1", "name": "Designers"}]}})");
  REQUIRE(outcomes.size() == 3);
  const auto nextcloud = import.client("nextcloud");
  REQUIRE(nextcloud);
  CHECK(nextcloud->redirect_uris == std::vector<std::string>{"https://nc.example.org/cb"});
  CHECK(nextcloud->pkce_optional);
  CHECK(nextcloud->roles.empty());
  CHECK(has_imported_secret(*nextcloud, import.t.clock.now()));
  const auto immich = import.client("immich");
  REQUIRE(immich);
  CHECK(immich->is_public);
  CHECK(immich->roles == std::vector<std::string>{"designers"});
  CHECK(outcomes[2].state == State::skipped);

  const Outcomes answered = import.run("pocket-id", R"({"data": [
    {"id": "gitea", "name": "Gitea", "callbackURLs": ["https://git.example.org/cb"],
     "logoutCallbackURLs": null, "isPublic": false, "pkceEnabled": true, "launchURL": null,
     "requiresReauthentication": true, "credentials": {}, "hasLogo": true,
     "allowedUserGroups": [{"id": "g2", "name": "developers"}]},
    {"id": "counted", "name": "Counted", "callbackURLs": ["https://c.example.org/cb"],
     "allowedUserGroupsCount": 2}], "pagination": {"totalItems": 2}})");
  // There is no such role here, and without it everybody could enter.
  CHECK(answered[0].state == State::skipped);
  CHECK(answered[0].reason.find("developers") != std::string::npos);
  CHECK(answered[1].state == State::skipped);
  import.add_role("developers");
  const Outcomes again = import.run("pocket-id", R"([{"id": "gitea", "name": "Gitea",
    "callbackURLs": ["https://git.example.org/cb"], "requiresReauthentication": true,
    "allowedUserGroups": [{"name": "developers"}]}])");
  CHECK(again[0].state == State::imported);
  CHECK(import.client("gitea")->max_age_ms == 10'000);
}

TEST_CASE("a dry run says the same, and writes nothing; a second run changes nothing") {
  Import import;
  const Outcomes dry = import.run("keycloak", kKeycloak, {"", true, false});
  CHECK(dry[1].state == State::imported);
  CHECK(dry[4].secret.empty());
  CHECK(list_clients(import.t.services)->empty());
  import.run("keycloak", kKeycloak);
  const size_t count = list_clients(import.t.services)->size();
  CHECK(count == 2);
  const Outcomes again = import.run("keycloak", kKeycloak);
  CHECK(again[1].state == State::skipped);
  CHECK(again[1].reason == "there is already a client grafana");
  CHECK(list_clients(import.t.services)->size() == count);
}

TEST_CASE("many clients, and two of one id") {
  Import import;
  std::string text = "[";
  for (int i = 0; i < 40; ++i) {
    text += R"({"client_id": "app-)" + std::to_string(i) +
            R"(", "redirect_uris": ["https://a.example.org/cb"]},)";
  }
  text += R"({"client_id": "app-7", "redirect_uris": ["https://a.example.org/cb"]}])";
  const Outcomes outcomes = import.run("hydra", text);
  CHECK(list_clients(import.t.services)->size() == 40);
  CHECK(outcomes.back().state == State::skipped);
}

TEST_CASE("a file that has no clients is refused") {
  const ClientFormat hydra = client_formats()[2];
  CHECK(read_foreign_clients(hydra, "[]").error().code == ErrorCode::invalid);
  CHECK(read_foreign_clients(hydra, "{\"items\": []}").error().code == ErrorCode::invalid);
  const auto yaml = read_foreign_clients(hydra, "identity_providers:\n  oidc: {}\n");
  CHECK(yaml.error().message.find("yq") != std::string::npos);
  CHECK_FALSE(read_foreign_clients(hydra, "[{]"));
}

}  // namespace
}  // namespace authd::auth::transfer
