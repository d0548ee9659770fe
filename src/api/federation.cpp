// Signing in with other providers: /api/v1/auth/providers/…, /api/v1/users/me/identities
#include "api/federation.h"

#include "api/endpoints.h"
#include "api/render.h"
#include "auth/identities.h"
#include "auth/providers.h"

namespace authd::api {
namespace {

// The browser's half of a login that is on its way; one for each provider. Lax, since the browser
// comes back from the provider's site by a link.
std::string cookie_name(std::string_view provider) {
  return "authd_provider_" + std::string(provider);
}

std::string set_cookie(const Context& context, std::string_view provider, std::string_view value,
                       Seconds life) {
  return cookie_name(provider) + "=" + std::string(value) +
         "; Path=/; Max-Age=" + std::to_string(life.count()) + "; HttpOnly; SameSite=Lax" +
         (context.request.secure ? "; Secure" : "");
}

std::string query_text(const Context& context, std::string_view name) {
  return std::string(context.request.query(name).value_or(""));
}

void write_identity(JsonWriter& json, const Context& context, const tables::Identity& identity) {
  const config::Provider* provider = context.auth().providers.find(identity.provider);
  json.begin_object()
      .field("provider", identity.provider)
      .field("label", provider == nullptr ? identity.provider : provider->label)
      .field("subject", identity.subject)
      .field("email", identity.email)
      .field("created_at", format_rfc3339(identity.created_at))
      .field("last_used", format_rfc3339(identity.last_used))
      .end_object();
}

}  // namespace

// GET auth/providers → 200 {"providers": [{"name", "label"}]}
Result<http::Reply> list_providers(const Context& context) {
  JsonWriter json;
  json.begin_object().key("providers").begin_array();
  for (const config::Provider& provider : context.auth().config.providers) {
    json.begin_object().field("name", provider.name).field("label", provider.label).end_object();
  }
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> start_at_provider(const Context& context, std::string_view provider,
                                      const auth::Caller* caller, const auth::Origin& origin,
                                      bool redirects) {
  const auth::FederationStart start =
      TRY(auth::begin_federation(context.auth(), provider, caller, origin));
  const std::string kept = set_cookie(context, provider, start.binding.reveal(),
                                      std::chrono::floor<Seconds>(auth::kFederationLife));
  if (redirects) {
    return http::Reply::text(302, "Go on at the provider.\n")
        .with("Location", start.url)
        .with("Cache-Control", "no-store")
        .with("Set-Cookie", kept);
  }
  JsonWriter json;
  json.begin_object().field("authorization_url", start.url).end_object();
  return http::Reply::json(200, std::move(json)).with("Set-Cookie", kept);
}

Result<auth::FederationOutcome> return_from_provider(const Context& context,
                                                     std::string_view provider,
                                                     const auth::Origin& origin) {
  auth::FederationAnswer answer;
  answer.state = OneTimeSecret(query_text(context, "state"));
  answer.code = OneTimeSecret(query_text(context, "code"));
  answer.error = query_text(context, "error");
  if (const auto issuer = context.request.query("iss")) answer.issuer = *issuer;
  const OneTimeSecret binding(cookie(context.request, cookie_name(provider)));
  return auth::finish_federation(context.auth(), provider, answer, binding, origin);
}

std::string forgotten_provider(const Context& context, std::string_view provider) {
  return set_cookie(context, provider, "", Seconds(0));
}

// GET auth/providers/:name/start → 200 {"authorization_url"}, or 302 with ?redirect=1. With Bearer
// the identity is linked to the account.
Result<http::Reply> begin_federation(const Context& context) {
  std::optional<auth::Caller> caller;
  if (TRY(bearer_token(context.request))) {
    caller = TRY(require_account(context.api, context.request));
  }
  auth::Origin origin = context.origin();
  if (caller) origin.actor = caller->user.id;
  return start_at_provider(context, context.request.param("name"), caller ? &*caller : nullptr,
                           origin, query_text(context, "redirect") == "1");
}

// GET auth/providers/:name/callback?state&code → 200, as a login, or {"linked": {…}}
Result<http::Reply> finish_federation(const Context& context) {
  const std::string_view provider = context.request.param("name");
  const auth::FederationOutcome outcome =
      TRY(return_from_provider(context, provider, context.origin()));
  const std::string forgotten = forgotten_provider(context, provider);
  if (const auto* login = std::get_if<auth::LoginOutcome>(&outcome)) {
    return login_reply(context, *login).with("Set-Cookie", forgotten);
  }
  JsonWriter json;
  json.begin_object().key("linked");
  write_identity(json, context, std::get<tables::Identity>(outcome));
  json.end_object();
  return http::Reply::json(200, std::move(json)).with("Set-Cookie", forgotten);
}

// GET users/me/identities → 200 {"identities": […]}
Result<http::Reply> list_identities(const Context& context) {
  const auto identities = TRY(auth::list_identities(context.auth(), context.caller->user.id));
  JsonWriter json;
  json.begin_object().key("identities").begin_array();
  for (const tables::Identity& identity : identities)
    write_identity(json, context, identity);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

// DELETE users/me/identities/:provider → 204
Result<http::Reply> unlink_identity(const Context& context) {
  TRY(auth::unlink_identity(context.auth(), *context.caller, context.request.param("provider"),
                            context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
