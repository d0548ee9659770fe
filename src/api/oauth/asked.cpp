#include "api/oauth/asked.h"

#include "api/core/write.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/requests/consents.h"

namespace authd::api::oauth {

void write_asked(JsonWriter& json, const config::Config& config,
                 const auth::AuthorizationRequest& request) {
  const tables::Client& client = request.client;
  json.key("client")
      .begin_object()
      .field("client_id", client.id)
      .field("name", client.name)
      .field("description", client.description)
      .field("client_uri", client.client_uri)
      .field("policy_uri", client.policy_uri)
      .field("tos_uri", client.tos_uri)
      .field("logo_uri", auth::logo_path(client))
      .end_object();
  const std::vector<std::string> scopes = auth::wanted_scopes(request);
  write_texts(json, "scopes", scopes);
  write_granted_attributes(json, config, scopes);
  json.key("resources").begin_array();
  for (const tables::Resource& resource : request.resource_rows) {
    json.begin_object().field("identifier", resource.identifier).field("name", resource.name);
    json.end_object();
  }
  json.end_array();
}

}  // namespace authd::api::oauth
