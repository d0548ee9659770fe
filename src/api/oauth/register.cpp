// Registration of clients by program (RFC 7591), and what such a client does with its registration
// afterwards (RFC 7592).
#include "api/oauth/endpoints.h"
#include "auth/oauth/strangers/client_registration.h"
#include "auth/oauth/strangers/stranger_metadata.h"

namespace authd::api::oauth {
namespace {

// Unknown members are passed over (RFC 7591 section 2).
Result<JsonObject> metadata_in(const Context& context) {
  Result<JsonObject> metadata = context.form();
  if (metadata || metadata.error().code != ErrorCode::malformed) return metadata;
  Error error = metadata.error();
  error.name = auth::kInvalidMetadata;
  return error;
}

// Empty: none came.
Result<std::string> token_in(const Context& context) {
  return std::string(TRY(bearer_token(context.request)).value_or(""));
}

// The presented token goes back: the server knows only its hash.
http::Reply answer(const Context& context, int status, const auth::RegisteredClient& registered,
                   std::string_view access) {
  const tables::Client& client = registered.client;
  JsonWriter json;
  json.begin_object()
      .field("client_id", client.id)
      .field("client_id_issued_at", unix_seconds(client.created_at));
  if (!registered.secret.empty()) json.field("client_secret", registered.secret.reveal());
  if (!client.secrets.empty()) json.field("client_secret_expires_at", 0);
  json.field("registration_access_token", access)
      .field("registration_client_uri",
             context.auth().config.public_url + "/oauth2/register/" + client.id);
  auth::write_metadata(json, client);
  json.end_object();
  return http::Reply::json(status, std::move(json))
      .with("Cache-Control", "no-store")
      .with("Pragma", "no-cache");
}

}  // namespace

// POST /oauth2/register {redirect_uris, client_name?, …} → 201 {client_id, client_secret?, …}
Reply register_client(const Context& context) {
  const std::string token = TRY(token_in(context));
  const JsonObject metadata = TRY(metadata_in(context));
  const auth::RegisteredClient made =
      TRY(auth::register_client(context.auth(), metadata, token, context.origin()));
  return answer(context, 201, made, made.access.reveal());
}

Reply show_registration(const Context& context) {
  const std::string token = TRY(token_in(context));
  const auth::RegisteredClient found =
      TRY(auth::find_registered(context.auth(), context.request.param("client"), token));
  return answer(context, 200, found, token);
}

// PUT /oauth2/register/:client {client_id, …}: all of the metadata
Reply change_registration(const Context& context) {
  const std::string token = TRY(token_in(context));
  const JsonObject metadata = TRY(metadata_in(context));
  const auth::RegisteredClient changed = TRY(auth::change_registered(
      context.auth(), context.request.param("client"), token, metadata, context.origin()));
  return answer(context, 200, changed, token);
}

Reply delete_registration(const Context& context) {
  const std::string token = TRY(token_in(context));
  TRY(auth::delete_registered(context.auth(), context.request.param("client"), token,
                              context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api::oauth
