// What this server is and can do, for programs: OpenID Connect Discovery 1.0 and RFC 8414 (one
// document), WebFinger (RFC 7033), and the key set (RFC 7517).
#include "api/core/write.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/protocol/words.h"
#include "auth/sessions/keyring.h"
#include "web/catalogue.h"

namespace authd::api::oauth {
namespace {

// How long verifiers may cache the key set. This is safe because a key is published before it is
// used for signing.
constexpr std::string_view kJwksCaching = "public, max-age=300";
constexpr std::string_view kMetadataCaching = "public, max-age=300";

constexpr std::string_view kIssuerRelation = "http://openid.net/specs/connect/1.0/issuer";

std::vector<std::string> claim_names(const config::Config& config) {
  std::vector<std::string> names = {"iss", "sub",   "aud", "exp", "iat",    "auth_time",
                                    "acr", "nonce", "amr", "sid", "at_hash"};
  for (const auth::NamedClaim& claim : auth::all_claims(config))
    names.emplace_back(claim.name);
  return names;
}

std::string metadata_of(const config::Config& config) {
  const std::string& url = config.public_url;
  const std::array secrets = {auth::kBasicAuth, auth::kPostAuth, auth::kPrivateKeyAuth};
  JsonWriter json;
  json.begin_object()
      .field("issuer", config.tokens.issuer)
      .field("authorization_endpoint", url + "/oauth2/authorize")
      .field("token_endpoint", url + "/oauth2/token")
      .field("userinfo_endpoint", url + "/oauth2/userinfo")
      .field("jwks_uri", url + "/.well-known/jwks.json")
      .field("introspection_endpoint", url + "/oauth2/introspect")
      .field("revocation_endpoint", url + "/oauth2/revoke")
      .field("device_authorization_endpoint", url + "/oauth2/device_authorization")
      .field("pushed_authorization_request_endpoint", url + "/oauth2/par")
      .field("end_session_endpoint", url + "/oauth2/logout");
  if (config.provider.registration != config::Registration::off)
    json.field("registration_endpoint", url + "/oauth2/register");
  write_texts(json, "scopes_supported", auth::supported_scopes(config));
  write_texts(json, "response_types_supported", std::array{"code"});
  write_texts(json, "response_modes_supported", auth::kResponseModes);
  write_texts(json, "grant_types_supported", auth::kGrantTypes);
  write_texts(json, "prompt_values_supported", auth::kPrompts);
  write_texts(json, "acr_values_supported", auth::kAcrs);
  write_texts(json, "subject_types_supported", auth::kSubjectTypes);
  write_texts(json, "id_token_signing_alg_values_supported", auth::kIdTokenAlgorithms);
  write_texts(json, "userinfo_signing_alg_values_supported", auth::kIdTokenAlgorithms);
  write_texts(json, "token_endpoint_auth_methods_supported", auth::kAuthMethods);
  for (const char* name : {"token_endpoint_auth_signing_alg_values_supported",
                           "introspection_endpoint_auth_signing_alg_values_supported",
                           "revocation_endpoint_auth_signing_alg_values_supported",
                           "request_object_signing_alg_values_supported"}) {
    write_texts(json, name, auth::kClientAlgorithms);
  }
  write_texts(json, "introspection_endpoint_auth_methods_supported", secrets);
  write_texts(json, "revocation_endpoint_auth_methods_supported", auth::kAuthMethods);
  write_texts(json, "dpop_signing_alg_values_supported", auth::kProofAlgorithms);
  write_texts(json, "code_challenge_methods_supported", std::array{"S256"});
  write_texts(json, "claim_types_supported", std::array{"normal"});
  write_texts(json, "claims_supported", claim_names(config));
  write_texts(json, "ui_locales_supported", web::page_texts().tags());
  json.field("backchannel_logout_supported", true)
      .field("backchannel_logout_session_supported", true)
      .field("claims_parameter_supported", true)
      .field("request_parameter_supported", true)
      .field("require_signed_request_object", false)
      .field("request_uri_parameter_supported", false)
      .field("require_pushed_authorization_requests", false)
      .field("client_id_metadata_document_supported",
             config.provider.cimd != config::ClientDocuments::off)
      .field("authorization_response_iss_parameter_supported", true)
      .end_object();
  return json.take();
}

// With a tag, so that a client that has the text is told so (RFC 9110 section 13.1.2). Lists of
// tags and "*" are not supported: the whole text is small anyway.
http::Reply cacheable(const Context& context, std::string text, std::string_view type,
                      std::string_view caching) {
  http::Reply reply;
  reply.body = std::move(text);
  const std::string tag = "\"" + auth::jwks_tag(reply.body) + "\"";
  reply.with("Cache-Control", std::string(caching)).with("ETag", tag);
  if (context.request.header("if-none-match") == tag) {
    reply.status = 304;
    reply.body.clear();
    return reply;
  }
  reply.content_type = type;
  return reply;
}

}  // namespace

Reply show_metadata(const Context& context) {
  return cacheable(context, metadata_of(context.auth().config), "application/json",
                   kMetadataCaching);
}

// The issuer is the same for every account, so the reply tells nothing about which there are.
Reply show_issuer(const Context& context) {
  const std::string_view resource = context.request.query("resource").value_or("");
  if (resource.empty()) {
    return Error{ErrorCode::malformed, "\"resource\" is missing.", "resource", "invalid_request"};
  }
  const std::string_view relation = context.request.query("rel").value_or(kIssuerRelation);
  JsonWriter json;
  json.begin_object().field("subject", resource).key("links").begin_array();
  if (relation == kIssuerRelation) {
    json.begin_object()
        .field("rel", kIssuerRelation)
        .field("href", context.auth().config.tokens.issuer)
        .end_object();
  }
  json.end_array().end_object();
  http::Reply reply = http::Reply::json(200, std::move(json));
  reply.content_type = "application/jrd+json";
  return reply;
}

Reply show_keys(const Context& context) {
  const std::shared_ptr<const auth::KeySet> keys = TRY(auth::current_keys(context.auth()));
  return cacheable(context, auth::jwks_json(*keys), "application/jwk-set+json",  // RFC 7517 8.5.2
                   kJwksCaching);
}

}  // namespace authd::api::oauth
