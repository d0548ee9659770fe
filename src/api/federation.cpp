// Signing in with other providers: /api/v1/auth/providers/…, /api/v1/users/me/identities
#include "api/federation.h"

#include "api/browser_session.h"
#include "api/endpoints.h"
#include "api/guard.h"
#include "api/render.h"
#include "auth/accounts/identities.h"
#include "auth/accounts/providers.h"
#include "auth/core/caller.h"
#include "auth/core/return_address.h"
#include "auth/core/server_mac.h"
#include "auth/sessions/session_cookie.h"
#include "base/cookie.h"
#include "base/encoding.h"
#include "base/text.h"

namespace authd::api {
namespace {

bool is_https(const Context& context) {
  return context.auth().config.public_url.starts_with("https://");
}

// The browser's half of a login in progress, one cookie per provider. It is SameSite=Lax because
// the browser returns through a link on the provider's site. Over https no other host can set it; a
// host that could would be able to sign the browser in as somebody else.
std::string cookie_name(const Context& context, std::string_view provider) {
  return prefixed_name("authd_provider_" + std::string(provider), is_https(context));
}

std::string set_cookie(const Context& context, std::string_view provider, std::string_view value,
                       Seconds life) {
  const Cookie made{.name = cookie_name(context, provider),
                    .value = std::string(value),
                    .life = life,
                    .is_secure = is_https(context) || context.request.secure};
  return made.header();
}

std::string query_text(const Context& context, std::string_view name) {
  return std::string(context.request.query(name).value_or(""));
}

// A page that began the login gets the browser back: `return_to` is the address after success, and
// `page` shows errors or asks for the second factor.
struct Journey {
  std::string return_to;
  std::string page;
};

// "?session=cookie"; nullopt for a program, which gets the answer as JSON.
Result<std::optional<Journey>> journey_of(const Context& context) {
  const auto session = context.request.query("session");
  if (!session) return std::optional<Journey>{};
  if (*session != "cookie") {
    return Error{ErrorCode::invalid, "\"session\" must be \"cookie\" or absent.", "session"};
  }
  const config::Config& config = context.auth().config;
  Journey journey{"/", config.pages.sign_in_url};
  if (const auto text = context.request.query("return_to"); text && !text->empty()) {
    journey.return_to = TRY(auth::return_address(config, *text));
  }
  if (const auto text = context.request.query("page"); text && !text->empty()) {
    // The page receives the token of the second step, so it must belong to this server.
    constexpr size_t kMaxPage = 200;
    if (!auth::is_local_path(*text) || text->size() > kMaxPage ||
        text->find_first_of("?#") != std::string_view::npos) {
      return Error{ErrorCode::invalid, "\"page\" must be a path of this server.", "page"};
    }
    journey.page = *text;
  }
  return std::optional(std::move(journey));
}

// The journey travels in the browser's half, protected by a MAC, so nobody else can set it.
std::string journey_mac(const Context& context, std::string_view binding, std::string_view text) {
  return base64url_encode(auth::server_mac(context.auth(), "federation journey",
                                           std::string(binding) + "." + std::string(text)));
}

std::string kept_value(const Context& context, const OneTimeSecret& binding,
                       const std::optional<Journey>& journey) {
  std::string secret(binding.reveal());
  if (!journey) return secret;
  const std::string text =
      base64url_encode(journey->return_to) + "." + base64url_encode(journey->page);
  return secret + "." + text + "." + journey_mac(context, secret, text);
}

struct Kept {
  OneTimeSecret binding;
  std::optional<Journey> journey;
};

Kept read_kept(const Context& context, std::string_view provider) {
  const std::string value = cookie(context.request, cookie_name(context, provider));
  const size_t first = value.find('.');
  const size_t last = value.rfind('.');
  Kept kept{OneTimeSecret(value.substr(0, first)), std::nullopt};
  if (first == std::string::npos || first == last) return kept;
  const std::string text = value.substr(first + 1, last - first - 1);
  if (!equal_constant_time(value.substr(last + 1),
                           journey_mac(context, kept.binding.reveal(), text))) {
    return kept;
  }
  const size_t dot = text.find('.');
  const auto return_to = base64url_decode(text.substr(0, dot));
  const auto page = base64url_decode(text.substr(dot + 1));
  if (return_to && page) kept.journey = Journey{*return_to, *page};
  return kept;
}

auth::FederationAnswer answer_of(const Context& context) {
  auth::FederationAnswer answer;
  answer.state = OneTimeSecret(query_text(context, "state"));
  answer.code = OneTimeSecret(query_text(context, "code"));
  answer.error = query_text(context, "error");
  if (const auto issuer = context.request.query("iss")) answer.issuer = *issuer;
  return answer;
}

std::string kept_cookie(const Context& context, std::string_view provider,
                        const auth::FederationStart& start, const std::optional<Journey>& journey) {
  return set_cookie(context, provider, kept_value(context, start.binding, journey),
                    std::chrono::floor<Seconds>(auth::kFederationLife));
}

http::Reply sent_to_provider(const Context& context, std::string_view provider,
                             const auth::FederationStart& start,
                             const std::optional<Journey>& journey) {
  return http::Reply::text(302, "Continue at the provider.\n")
      .with("Location", start.url)
      .with("Cache-Control", "no-store")
      .with("Set-Cookie", kept_cookie(context, provider, start, journey));
}

http::Reply send_to(const std::string& address) {
  // RFC 9110 section 15.4.4: the browser continues with GET.
  return http::Reply::text(303, "Continue there.\n").with("Location", address);
}

// Ends a journey. The page gets the token of the second step in the fragment, which no server, log
// or Referer sees.
http::Reply arrive(const Context& context, const Journey& journey,
                   const Result<auth::FederationOutcome>& outcome) {
  const std::string back = "&return_to=" + percent_encode(journey.return_to);
  if (!outcome) {
    const Error& error = outcome.error();
    const std::string_view name =
        error.name.empty() ? default_name(error.code) : std::string_view(error.name);
    return send_to(journey.page + "?error=" + percent_encode(name) +
                   "&provider=" + percent_encode(context.request.param("name")) + back);
  }
  const auto* login = std::get_if<auth::LoginOutcome>(&*outcome);
  if (login == nullptr) return send_to(journey.return_to);  // The identity was linked.
  if (const auto* needed = std::get_if<auth::MfaNeeded>(login)) {
    return send_to(journey.page + "#mfa_token=" + std::string(needed->token.reveal()) +
                   "&methods=" + percent_encode(joined(auth::words_of(needed->methods), ",")) +
                   back);
  }
  http::Reply reply = login_reply(context, *login);
  http::Reply sent = send_to(journey.return_to);
  for (auto& [name, value] : reply.headers) {
    if (name == "Set-Cookie") sent.with(name, std::move(value));
  }
  return sent;
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
                                      const auth::Origin& origin) {
  const auth::FederationStart start =
      TRY(auth::begin_federation(context.auth(), provider, nullptr, origin));
  return sent_to_provider(context, provider, start, std::nullopt);
}

Result<auth::FederationOutcome> return_from_provider(const Context& context,
                                                     std::string_view provider,
                                                     const auth::Origin& origin) {
  const Kept kept = read_kept(context, provider);
  return auth::finish_federation(context.auth(), provider, answer_of(context), kept.binding,
                                 origin);
}

std::string forgotten_provider(const Context& context, std::string_view provider) {
  return set_cookie(context, provider, "", Seconds(0));
}

// GET auth/providers/:name/start → 200 {"authorization_url"}, or 302 with ?redirect=1. With Bearer,
// or with the session cookie and its CSRF token, the identity is linked to the account; with the
// cookie alone, any site could link its own identity. With ?session=cookie the callback sends the
// browser to ?return_to, or back to ?page when something is still needed.
Result<http::Reply> begin_federation(const Context& context) {
  const std::string_view provider = context.request.param("name");
  const std::optional<Journey> journey = TRY(journey_of(context));
  std::optional<auth::Person> caller;
  if (TRY(bearer_token(context.request))) {
    caller = TRY(require_account(context.api, context.request));
  } else if (context.request.header("x-csrf-token") && !context.request.header("authorization")) {
    caller = TRY(cookie_caller(context.api, context.request, true));
    if (!caller) return auth::invalid_session();
  }
  auth::Origin origin = context.origin();
  if (caller) origin.actor = caller->user().id;
  const auth::FederationStart start =
      TRY(auth::begin_federation(context.auth(), provider, caller ? &*caller : nullptr, origin));
  if (query_text(context, "redirect") == "1") {
    return sent_to_provider(context, provider, start, journey);
  }
  JsonWriter json;
  json.begin_object().field("authorization_url", start.url).end_object();
  return http::Reply::json(200, std::move(json))
      .with("Set-Cookie", kept_cookie(context, provider, start, journey));
}

// GET auth/providers/:name/callback?state&code → 200, like a login, or {"linked": {…}}; 303 when a
// page began the login
Result<http::Reply> finish_federation(const Context& context) {
  const std::string_view provider = context.request.param("name");
  const Kept kept = read_kept(context, provider);
  auth::Origin origin = context.origin();
  origin.wants_cookie = kept.journey.has_value();
  const Result<auth::FederationOutcome> done =
      auth::finish_federation(context.auth(), provider, answer_of(context), kept.binding, origin);
  const std::string forgotten = forgotten_provider(context, provider);
  if (kept.journey) return arrive(context, *kept.journey, done).with("Set-Cookie", forgotten);
  if (!done) return done.error();
  const auth::FederationOutcome& outcome = *done;
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
Result<http::Reply> list_identities(const Context& context, const auth::Person& person) {
  const auto identities = TRY(auth::list_identities(context.auth(), person.user().id));
  JsonWriter json;
  json.begin_object().key("identities").begin_array();
  for (const tables::Identity& identity : identities)
    write_identity(json, context, identity);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

// DELETE users/me/identities/:provider → 204
Result<http::Reply> unlink_identity(const Context& context, const auth::Person& person) {
  TRY(auth::unlink_identity(context.auth(), person, context.request.param("provider"),
                            context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
