// What strangers say about a client: metadata of a registration
// (auth/oauth/strangers/stranger_metadata.h), and a document with its address, on the first line
// (auth/oauth/strangers/client_document.h). Whatever it says, nothing of the client is what only
// administrators grant.
#include "auth/oauth/clients/client_rules.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/strangers/client_document.h"
#include "auth/oauth/strangers/stranger_metadata.h"
#include "fetch/reach.h"
#include "target.h"

namespace authd::fuzz {
namespace {

void check_stranger(const tables::Client& client) {
  CHECK(!client.skips_consent && !client.pkce_optional && !client.is_fapi);
  CHECK(client.roles.empty() && client.networks.empty() && client.audiences.empty());
  CHECK(client.resources.empty() && client.federated_identities.empty());
  CHECK(client.secrets.empty() && client.secret_hash.empty());
  for (const std::string& grant : client.grant_types)
    CHECK(auth::contains(auth::kStrangersGrants, grant));
  CHECK(client.origin == auth::kTokenOrigin ||
        !auth::contains(client.grant_types, auth::kDeviceGrant));
  for (const std::string& scope : client.scopes)
    CHECK(auth::contains(auth::kStandardScopes, scope));
  for (const std::string* address :
       {&client.jwks_uri, &client.sector_identifier_uri, &client.backchannel_logout_uri}) {
    CHECK(address->empty() || fetch::https_target(*address));
  }
  CHECK(auth::check_members(client));
}

// What the server answers says the same when it comes back.
void check_answer(const tables::Client& client) {
  JsonWriter json;
  json.begin_object();
  auth::write_metadata(json, client);
  json.end_object();
  const auto metadata = JsonObject::parse(json.take());
  CHECK(metadata.has_value());
  tables::Client again;
  again.origin = client.origin;
  const Result<void> is_set = auth::set_strangers_metadata(again, *metadata);
  CHECK(is_set.has_value());
  CHECK(again.redirect_uris == client.redirect_uris && again.grant_types == client.grant_types);
  CHECK(again.is_public == client.is_public && again.jwks_uri == client.jwks_uri);
  CHECK(again.initiate_login_uri == client.initiate_login_uri);
}

}  // namespace

void run(std::string_view input) {
  if (const auto metadata = JsonObject::parse(input)) {
    tables::Client client;
    client.origin = auth::kTokenOrigin;
    const Result<void> is_set = auth::set_strangers_metadata(client, *metadata);
    if (is_set) {
      check_stranger(client);
      check_answer(client);
    } else {
      CHECK(is_set.error().code == ErrorCode::malformed && !is_set.error().name.empty());
    }
  }
  const size_t line = input.find('\n');
  if (line == std::string_view::npos) return;
  const std::string_view id = input.substr(0, line);
  if (!auth::is_document_id(id)) return;
  CHECK(fetch::https_target(id).has_value() && id.size() <= auth::kMaxDocumentId);
  CHECK(auth::client_in_path(auth::client_path_segment(id)) == id);
  const auto client = auth::client_in_document(id, input.substr(line + 1));
  if (!client) return;
  check_stranger(*client);
  CHECK(client->id == id && !client->redirect_uris.empty());
}

}  // namespace authd::fuzz
