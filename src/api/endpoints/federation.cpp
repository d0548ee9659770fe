// Signing in with other providers: /api/v1/auth/providers/…, /api/v1/users/me/identities
#include "api/endpoints/federation.h"

#include <map>

#include "api/core/browser_session.h"
#include "api/core/forms.h"
#include "api/core/guard.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/accounts/names/identities.h"
#include "auth/accounts/names/providers.h"
#include "auth/core/caller.h"
#include "auth/core/login_methods.h"
#include "auth/core/return_address.h"
#include "auth/sessions/session_cookie.h"
#include "base/cookie.h"
#include "base/encoding.h"
#include "base/text.h"
#include "http/wire/body.h"

namespace authd::api {
namespace {

bool is_https(const Context& context) {
  return context.auth().config.public_url.starts_with("https://");
}

// The browser's half of its journeys (auth/signin/journeys.h). It is SameSite=Lax because the
// browser returns through a link on another site.
std::string cookie_name(const Context& context) {
  return prefixed_name("authd_journeys", is_https(context));
}

std::string kept_cookie(const Context& context, const OneTimeSecret& binding) {
  const Cookie made{.name = cookie_name(context),
                    .value = std::string(binding.reveal()),
                    .life = std::chrono::floor<Seconds>(auth::kJourneyLife),
                    .is_secure = is_https(context) || context.request.secure};
  return made.header();
}

OneTimeSecret kept(const Context& context) {
  return OneTimeSecret(cookie(context.request, cookie_name(context)));
}

std::string query_text(const Context& context, std::string_view name) {
  return std::string(context.request.query(name).value_or(""));
}

// A page that begins a journey says "?session=cookie".
Result<auth::WayBack> way_back_of(const Context& context) {
  const auto session = context.request.query("session");
  if (!session) return auth::WayBack{};
  if (*session != "cookie") {
    return Error{ErrorCode::invalid, "\"session\" must be \"cookie\" or absent.", "session"};
  }
  const config::Config& config = context.auth().config;
  auth::WayBack way_back{"/", config.pages.sign_in_url};
  if (const auto text = context.request.query("return_to"); text && !text->empty()) {
    way_back.return_to = TRY(auth::return_address(config, *text));
  }
  if (const auto text = context.request.query("page"); text && !text->empty()) {
    // The page receives the token of what is still needed, so it must belong to this server.
    constexpr size_t kMaxPage = 200;
    if (!auth::is_local_path(*text) || text->size() > kMaxPage ||
        text->find_first_of("?#") != std::string_view::npos) {
      return Error{ErrorCode::invalid, "\"page\" must be a path of this server.", "page"};
    }
    way_back.page = *text;
  }
  return way_back;
}

auth::FederationAnswer answer_of(const Context& context) {
  auth::FederationAnswer answer;
  answer.state = OneTimeSecret(query_text(context, "state"));
  answer.code = OneTimeSecret(query_text(context, "code"));
  answer.error = query_text(context, "error");
  if (const auto issuer = context.request.query("iss")) answer.issuer = *issuer;
  return answer;
}

http::Reply sent_to_provider(const Context& context, const auth::FederationStart& start) {
  return http::Reply::text(302, "Continue at the provider.\n")
      .with("Location", start.url)
      .with("Cache-Control", "no-store")
      .with("Set-Cookie", kept_cookie(context, start.binding));
}

http::Reply send_to(const std::string& address) {
  // RFC 9110 section 15.4.4: the browser continues with GET.
  return http::Reply::text(303, "Continue there.\n").with("Location", address);
}

// Where a page shows why a journey did not begin or end.
http::Reply show_error(const Context& context, const auth::WayBack& way_back, const Error& error) {
  const std::string_view name =
      error.name.empty() ? default_name(error.code) : std::string_view(error.name);
  return send_to(way_back.page + "?error=" + percent_encode(name) +
                 "&provider=" + percent_encode(context.request.param("name")) +
                 "&return_to=" + percent_encode(way_back.return_to));
}

// Another site may be logging the person in to an account that is not theirs (login CSRF), or the
// provider may remember them and ask nothing. So the page asks: its own link begins the journey.
http::Reply ask_first(const auth::WayBack& way_back) {
  return send_to(way_back.page + "?return_to=" + percent_encode(way_back.return_to))
      .with("Cache-Control", "no-store");
}

std::string remembering(const auth::MfaNeeded& needed) {
  const auto seconds = std::chrono::floor<Seconds>(needed.remember_for).count();
  return seconds == 0 ? "" : "&remember_for=" + std::to_string(seconds);
}

// Ends a journey. The page gets the token of what is still needed in the fragment, which no server,
// log or Referer sees.
http::Reply show_arrival(const Context& context, const auth::WayBack& way_back,
                         const Result<auth::FederationOutcome>& outcome) {
  if (!outcome) return show_error(context, way_back, outcome.error());
  const std::string back = "&return_to=" + percent_encode(way_back.return_to);
  const auto* login = std::get_if<auth::LoginOutcome>(&*outcome);
  if (login == nullptr) return send_to(way_back.return_to);  // The identity was linked.
  if (const auto* needed = std::get_if<auth::MfaNeeded>(login)) {
    return send_to(way_back.page + "#mfa_token=" + std::string(needed->token.reveal()) +
                   "&methods=" + percent_encode(joined(auth::words_of(needed->methods), ",")) +
                   remembering(*needed) + back);
  }
  if (const auto* waits = std::get_if<auth::StepsNeeded>(login)) {
    return send_to(way_back.page + "#step_token=" + std::string(waits->token.reveal()) +
                   "&steps=" + percent_encode(joined(auth::words_of(waits->steps), ",")) + back);
  }
  http::Reply reply = login_reply(context, *login);
  http::Reply sent = send_to(way_back.return_to);
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

// GET auth/providers → 200 {"methods": ["password", …], "providers": [{"name", "label"}]}
Result<http::Reply> list_providers(const Context& context) {
  JsonWriter json;
  const config::Config& config = context.auth().config;
  json.begin_object().key("methods").begin_array();
  for (const config::LoginMethod method : config.login.methods)
    json.value(config::word_of(method));
  json.end_array().key("providers").begin_array();
  const bool has_providers = auth::is_offered(config, config::LoginMethod::providers);
  for (const config::Provider& provider : config.providers) {
    if (!has_providers) break;
    json.begin_object().field("name", provider.name).field("label", provider.label).end_object();
  }
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

Result<http::Reply> start_at_provider(const Context& context, std::string_view provider,
                                      const auth::Origin& origin) {
  const auth::FederationStart start =
      TRY(auth::begin_federation(context.auth(), provider, nullptr, kept(context), {}, origin));
  return sent_to_provider(context, start);
}

auth::Arrived return_from_provider(const Context& context, std::string_view provider,
                                   const auth::Origin& origin) {
  return auth::arrive(context.auth(), {provider, answer_of(context), kept(context)}, origin);
}

// GET auth/providers/:name/start → 200 {"authorization_url"}, or 302 with ?redirect=1. With Bearer,
// or with the session cookie and its CSRF token, the identity is linked to the account; with the
// cookie alone, any site could link its own identity. With ?session=cookie the callback sends the
// browser to ?return_to, or back to ?page when something is still needed; 303 to ?page if another
// site sent the browser here.
Result<http::Reply> begin_federation(const Context& context) {
  const std::string_view provider = context.request.param("name");
  const auth::WayBack way_back = TRY(way_back_of(context));
  std::optional<auth::Person> caller;
  if (TRY(bearer_token(context.request))) {
    caller = TRY(require_account(context.api, context.request));
  } else if (context.request.header("x-csrf-token") && !context.request.header("authorization")) {
    caller = TRY(cookie_caller(context.api, context.request, true));
    if (!caller) return auth::invalid_session();
  }
  const bool redirects = query_text(context, "redirect") == "1";
  if (way_back.is_page() && !caller && is_cross_site(context.request)) {
    if (redirects) return ask_first(way_back);
    return no_sign_in_from_another_site();
  }
  std::optional<OneTimeSecret> invitation;
  if (const auto token = context.request.query("invitation"))
    invitation.emplace(std::string(*token));
  auth::Origin origin = context.origin();
  if (caller) origin.actor = caller->user().id;
  const Result<auth::FederationStart> begun =
      auth::begin_federation(context.auth(), provider, caller ? &*caller : nullptr, kept(context),
                             way_back, origin, invitation);
  if (!begun && redirects && accepts_html(context.request)) {
    // The browser itself would show the JSON.
    const auth::WayBack page{"/", context.auth().config.pages.sign_in_url};
    return show_error(context, way_back.is_page() ? way_back : page, begun.error());
  }
  if (!begun) return begun.error();
  const auth::FederationStart& start = *begun;
  if (redirects) return sent_to_provider(context, start);
  JsonWriter json;
  json.begin_object().field("authorization_url", start.url).end_object();
  return http::Reply::json(200, std::move(json))
      .with("Set-Cookie", kept_cookie(context, start.binding));
}

// GET auth/providers/:name/callback?state&code → 200, like a login, or {"linked": {…}}; 303 when a
// page began the login
Result<http::Reply> finish_federation(const Context& context) {
  auth::Arrived arrived =
      return_from_provider(context, context.request.param("name"), context.origin());
  if (!arrived.way_back && accepts_html(context.request)) {
    // The page that this browser comes from is unknown, and people do not read JSON.
    arrived.way_back = auth::WayBack{"/", context.auth().config.pages.sign_in_url};
  }
  if (arrived.way_back && arrived.way_back->is_page()) {
    return show_arrival(context, *arrived.way_back, arrived.outcome);
  }
  const auth::FederationOutcome outcome = TRY(std::move(arrived.outcome));
  if (const auto* login = std::get_if<auth::LoginOutcome>(&outcome)) {
    return login_reply(context, *login);
  }
  JsonWriter json;
  json.begin_object().key("linked");
  write_identity(json, context, std::get<tables::Identity>(outcome));
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

// POST auth/providers/:name/callback → 303 to the GET. A form of another site comes without our
// cookie (SameSite=Lax), but the GET that follows is a navigation, which has it.
Result<http::Reply> finish_federation_by_form(const Context& context) {
  const std::string_view name = context.request.param("name");
  if (context.auth().providers.find(name) == nullptr) {
    return Error{ErrorCode::not_found, "There is no such provider."};
  }
  const std::map<std::string, std::string> form = TRY(http::form_body(context.request));
  std::string query;
  for (const char* field : {"state", "code", "error", "iss"}) {
    const auto found = form.find(field);
    if (found == form.end()) continue;
    query += (query.empty() ? "?" : "&") + std::string(field) + "=" + percent_encode(found->second);
  }
  return send_to(context.auth().config.public_url + "/api/v1/auth/providers/" + std::string(name) +
                 "/callback" + query)
      .with("Cache-Control", "no-store");
}

namespace {

Result<http::Reply> identities_reply(const Context& context, UserId user) {
  const auto identities = TRY(auth::list_identities(context.auth(), user));
  JsonWriter json;
  json.begin_object().key("identities").begin_array();
  for (const tables::Identity& identity : identities)
    write_identity(json, context, identity);
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace

// GET users/me/identities → 200 {"identities": […]}
Result<http::Reply> list_identities(const Context& context, const auth::Person& person) {
  return identities_reply(context, person.user().id);
}

// GET admin/users/:id/identities → 200 {"identities": […]}
Result<http::Reply> list_user_identities(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::view_account(context.auth(), id));
  return identities_reply(context, id);
}

// DELETE admin/users/:id/identities/:provider → 204
Result<http::Reply> unlink_user_identity(const Context& context) {
  const UserId id = TRY(user_in_path(context));
  TRY(auth::unlink_user_identity(context.auth(), id, context.request.param("provider"),
                                 context.origin()));
  return http::Reply::no_content();
}

// DELETE users/me/identities/:provider → 204
Result<http::Reply> unlink_identity(const Context& context, const auth::Person& person) {
  TRY(auth::unlink_identity(context.auth(), person, context.request.param("provider"),
                            context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api
