// Endpoints for other programs: introspection (RFC 7662), revocation (RFC 7009), the key set (RFC
// 7517).
#include <map>
#include <string>

#include "api/endpoints/endpoints.h"
#include "auth/core/subject.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/sessions.h"
#include "http/wire/body.h"

namespace authd::api {
namespace {

// How long verifiers may cache the key set. This is safe because a key is published before it is
// used for signing.
constexpr std::string_view kJwksCaching = "public, max-age=300";

Result<std::string> token_of(const Context& context) {
  const std::map<std::string, std::string> form = TRY(http::form_body(context.request));
  const auto token = form.find("token");
  if (token != form.end() && !token->second.empty()) return token->second;
  return Error{ErrorCode::malformed, "\"token\" is required.", "token", "invalid_request"};
}

void write_active(JsonWriter& json, const Context& context, const auth::Introspection& found) {
  const auto& config = context.auth().config.tokens;
  const tables::Session& session = found.session;
  json.field("active", true)
      .field("scope", found.claims ? found.claims->scope : session.scope)
      .field("client_id", found.claims ? found.claims->client_id : "authd")
      .field("token_type", found.is_refresh ? "refresh_token" : "Bearer")
      .field("exp", unix_seconds(found.claims ? found.claims->expires_at : session.expires_at))
      .field("iat", unix_seconds(found.claims ? found.claims->issued_at : session.rotated_at))
      .field("sub", auth::subject_of(found.user))
      .field("aud", config.audience)
      .field("iss", config.issuer);
  // No email in its place, which somebody else's may be until it is confirmed.
  if (!found.user.username.empty()) json.field("username", found.user.username);
  if (found.claims) json.field("jti", found.claims->jti);
  json.field("sid", auth::session_text(session.id)).key("roles").begin_array();
  for (const std::string& role : found.roles)
    json.value(role);
  json.end_array().field("auth_time", unix_seconds(session.auth_time));
}

}  // namespace

Result<http::Reply> introspect(const Context& context, const auth::Program&) {
  const std::string token = TRY(token_of(context));
  const std::optional<auth::Introspection> found =
      TRY(auth::introspect(context.auth(), token, context.auth().clock.now()));
  JsonWriter json;
  json.begin_object();
  if (found) {
    write_active(json, context, *found);
  } else {
    json.field("active", false);
  }
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> revoke(const Context& context, const auth::Program&) {
  const std::string token = TRY(token_of(context));
  TRY(auth::revoke_token(context.auth(), token, context.origin(), context.auth().clock.now()));
  http::Reply reply;
  reply.status = 200;
  return reply;
}

Result<http::Reply> jwks(const Context& context) {
  const std::shared_ptr<const auth::KeySet> keys = TRY(auth::current_keys(context.auth()));
  http::Reply reply;
  reply.body = auth::jwks_json(*keys);
  const std::string tag = "\"" + auth::jwks_tag(reply.body) + "\"";
  reply.with("Cache-Control", std::string(kJwksCaching)).with("ETag", tag);
  // RFC 9110 section 13.1.2. Lists of tags and "*" are not supported: the whole set is small
  // anyway.
  if (context.request.header("if-none-match") == tag) {
    reply.status = 304;
    reply.body.clear();
    return reply;
  }
  reply.content_type = "application/jwk-set+json";  // RFC 7517 section 8.5.2
  return reply;
}

}  // namespace authd::api
