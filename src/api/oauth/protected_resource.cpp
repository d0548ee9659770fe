// This server's own API as a resource (RFC 9728).
#include "api/oauth/endpoints.h"
#include "auth/oauth/clients/resource_metadata.h"

namespace authd::api::oauth {

Reply show_own_resource(const Context& context) {
  JsonWriter json;
  auth::write_own_resource_metadata(json, context.auth().config);
  return http::Reply::json(200, std::move(json)).with("Cache-Control", "public, max-age=300");
}

}  // namespace authd::api::oauth
