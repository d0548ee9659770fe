// Endpoints for other programs: introspection (RFC 7662), revocation (RFC 7009), the key set (RFC
// 7517).
#include <map>

#include "api/endpoints.h"
#include "auth/sessions/clients.h"
#include "auth/sessions/introspection.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "http/body.h"
#include "http/head.h"

namespace authd::api {
namespace {

using Form = std::map<std::string, std::string>;

// How long verifiers may cache the key set. This is safe because a key is published before it is
// used for signing.
constexpr std::string_view kJwksCaching = "public, max-age=300";

std::string value_of(const Form& form, const std::string& name) {
  const auto it = form.find(name);
  return it == form.end() ? "" : it->second;
}

Error no_client() {
  return refused(ErrorCode::unauthenticated, "invalid_client",
                 "The client id or the client secret is wrong.");
}

// client_secret_basic or client_secret_post (RFC 6749 section 2.3.1), but not both.
Result<void> require_client(const Context& context, const Form& form) {
  constexpr std::string_view kScheme = "Basic ";
  std::string id = value_of(form, "client_id");
  std::string secret = value_of(form, "client_secret");
  const std::optional<std::string_view> header = context.request.header("authorization");
  if (header && http::equal_names(header->substr(0, kScheme.size()), kScheme)) {
    const std::optional<std::string> pair = base64_decode(header->substr(kScheme.size()));
    const size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos || !secret.empty() ||
        context.request.header_count("authorization") > 1) {
      return no_client();
    }
    id = pair->substr(0, colon);
    secret = pair->substr(colon + 1);
  }
  TRY(auth::authenticate_client(context.auth(), id, ClientSecret(std::move(secret))));
  return {};
}

// The token in the form of both endpoints, after authenticating the client.
Result<std::string> token_of(const Context& context) {
  const Form form = TRY(http::form_body(context.request));
  TRY(require_client(context, form));
  std::string token = value_of(form, "token");
  if (token.empty()) {
    return Error{ErrorCode::malformed, "\"token\" is required.", "token", "invalid_request"};
  }
  return token;
}

void write_active(JsonWriter& json, const Context& context, const auth::Introspection& found) {
  const auto& config = context.auth().config.tokens;
  const tables::Session& session = found.session;
  const std::string name = found.user.username.empty() ? found.user.email : found.user.username;
  json.field("active", true)
      .field("scope", found.claims ? found.claims->scope : session.scope)
      .field("client_id", found.claims ? found.claims->client_id : "authd")
      .field("username", name)
      .field("token_type", found.is_refresh ? "refresh_token" : "Bearer")
      .field("exp", unix_seconds(found.claims ? found.claims->expires_at : session.expires_at))
      .field("iat", unix_seconds(found.claims ? found.claims->issued_at : session.rotated_at))
      .field("sub", std::to_string(found.user.id.value))
      .field("aud", config.audience)
      .field("iss", config.issuer);
  if (found.claims) json.field("jti", found.claims->jti);
  json.field("sid", auth::session_text(session.id)).key("roles").begin_array();
  for (const std::string& role : found.roles)
    json.value(role);
  json.end_array().field("auth_time", unix_seconds(session.auth_time));
}

}  // namespace

Result<http::Reply> introspect(const Context& context) {
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

Result<http::Reply> revoke(const Context& context) {
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
