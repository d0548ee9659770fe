#include "api/endpoints/plain_forms.h"

#include "api/core/browser_session.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/core/login_methods.h"
#include "auth/core/return_address.h"
#include "auth/oauth/authorization.h"
#include "auth/oauth/carried_request.h"
#include "auth/oauth/claims.h"
#include "auth/oauth/client_logos.h"
#include "auth/oauth/consents.h"
#include "auth/oauth/redirect_uri.h"
#include "auth/oauth/words.h"
#include "auth/sessions/session_cookie.h"
#include "auth/signin/login.h"
#include "base/refusal.h"
#include "config/values.h"
#include "http/app/error_reply.h"
#include "http/wire/body.h"

namespace authd::api {
namespace {

using web::PlainPage;

constexpr std::string_view kStart = "/account";

// A form of our own pages. Another site must not sign a browser in, or answer for a person.
Result<void> check_own_form(const Context& context) {
  const auto site = context.request.header("sec-fetch-site");
  const auto origin = context.request.header("origin");
  const std::string& own = context.auth().config.public_url;
  const bool is_own_site = site ? *site == "same-origin" : origin.has_value();
  // A browser that says it is the same site may hide the origin ("null").
  const bool is_own_origin = !origin || (site && *origin == "null") || *origin == own ||
                             origin->starts_with(own + "/") ||
                             *origin == own.substr(0, own.find('/', own.find("//") + 2));
  if (is_own_site && is_own_origin) return {};
  return refused(ErrorCode::forbidden, "csrf_failed", "Another site may not do this.");
}

http::Reply see_other(const Context& context, std::string_view address) {
  const bool is_local = address.starts_with('/');
  return http::Reply::text(303, "Continue there.\n")
      .with("Location",
            (is_local ? context.auth().config.public_url : std::string()) + std::string(address))
      .with("Cache-Control", "no-store");
}

PlainPage sign_in_page(const std::string& return_to, std::string login) {
  PlainPage page;
  page.title = {"signin.title"};
  PlainPage::Form form;
  form.address = "/signin";
  if (!return_to.empty()) form.hidden = {{"return_to", return_to}};
  form.fields = {{"login", "signin.login", "text", "username", std::move(login)},
                 {"password", "password", "password", "current-password"}};
  form.buttons = {{"signin.submit"}};
  page.form = std::move(form);
  return page;
}

PlainPage code_page(const std::string& return_to, std::string_view token) {
  PlainPage page;
  page.title = {"plain.code"};
  PlainPage::Form form;
  form.address = "/signin/code";
  form.hidden = {{"mfa_token", std::string(token)}};
  if (!return_to.empty()) form.hidden.emplace_back("return_to", return_to);
  form.fields = {{"code", "plain.code_field", "text", "one-time-code"}};
  page.form = std::move(form);
  page.links = {{"signin.back", "/signin"}};
  return page;
}

http::Reply plain(const Context& context, const PlainPage& page) {
  return in_watched_window(context.api.site.plain(context.request, page));
}

// The same page again, with what was wrong.
http::Reply shown_again(const Context& context, PlainPage page, const Error& error) {
  page.status = http::status_of(error.code);
  page.problem = {error.message, error.name, error.field};
  http::Reply reply = plain(context, page);
  reply.refusal = error.name;
  return reply;
}

struct Form {
  std::map<std::string, std::string> values;
  std::string return_to;  // checked; empty: none

  std::string value(const char* name) const {
    const auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  }
};

Result<Form> read_form(const Context& context) {
  TRY(check_own_form(context));
  Form form{TRY(http::form_body(context.request)), {}};
  const std::string& wanted = form.values["return_to"];
  form.return_to = auth::return_address(context.auth().config, wanted).value_or("");
  return form;
}

// The browser of whoever has just signed in, on its way.
http::Reply signed_in(const Context& context, const auth::Tokens& tokens,
                      const std::string& return_to) {
  http::Reply made = login_reply(context, 200, tokens);
  http::Reply reply = see_other(context, return_to.empty() ? kStart : return_to);
  for (auto& header : made.headers) {
    if (header.first == "Set-Cookie") reply.headers.push_back(std::move(header));
  }
  return reply;
}

// A sign-in by a form is always kept in a cookie.
auth::Origin origin_of(const Context& context) {
  auth::Origin origin = context.origin();
  origin.wants_cookie = true;
  return origin;
}

std::vector<std::string> asked_for(const auth::Services& s,
                                   const auth::AuthorizationRequest& request) {
  std::vector<std::string> items;
  const std::vector<std::string> scopes = auth::wanted_scopes(request);
  const std::vector<config::Attribute> attributes = auth::attributes_with(s.config, scopes);
  for (const std::string& scope : scopes) {
    // A scope of attributes alone is said by their labels.
    const bool is_of_attributes =
        !auth::contains(auth::kStandardScopes, scope) &&
        std::any_of(attributes.begin(), attributes.end(),
                    [&](const config::Attribute& one) { return one.scope == scope; });
    if (!is_of_attributes) items.push_back("scope." + scope);
  }
  for (const config::Attribute& attribute : attributes)
    items.push_back(attribute.label);
  for (const tables::Resource& resource : request.resource_rows)
    items.push_back(resource.name);
  return items;
}

struct Carried {
  auth::CarriedRequest carried;
  auth::AuthorizationRequest request;
};

std::optional<Carried> carried_in(const auth::Services& s, std::string_view text) {
  auto carried = auth::read_carried(s, text, s.clock.now());
  if (!carried) return std::nullopt;
  auto read = auth::read_authorization_request(s, carried->parameters);
  if (!read || read->refusal) return std::nullopt;
  return Carried{std::move(*carried), std::move(read->request)};
}

std::optional<PlainPage> consent_form(const Api& api, const http::Request& request) {
  const std::string text(request.query("request").value_or(""));
  const std::optional<Carried> asked = carried_in(api.auth, text);
  const auto person = cookie_caller(api, request, false);
  if (!asked || !person || !*person) return std::nullopt;
  PlainPage page;
  page.title = {"consent.title", {{"name", asked->request.client.name}}};
  page.picture = auth::logo_path(asked->request.client);
  page.message.text = auth::redirect_origin(asked->request.redirect_uri);
  page.items = asked_for(api.auth, asked->request);
  PlainPage::Form form;
  form.address = "/consent";
  form.hidden = {{"request", text},
                 {"csrf_token", auth::csrf_token(api.auth, (*person)->session())}};
  form.buttons = {{"consent.allow", "decision", "allow"}, {"consent.deny", "decision", "deny"}};
  page.form = std::move(form);
  return page;
}

Result<http::Reply> answer_consent(const Context& context) {
  const Form form = TRY(read_form(context));
  const auto person = TRY(cookie_caller(context.api, context.request, false));
  const std::string text = form.value("request");
  if (!person) return auth::invalid_session();
  if (!auth::is_csrf_token(context.auth(), person->session(), form.value("csrf_token"))) {
    return refused(ErrorCode::forbidden, "csrf_failed", "Another site may not do this.");
  }
  const std::optional<Carried> asked = carried_in(context.auth(), text);
  if (!asked) {
    return Error{ErrorCode::malformed,
                 "This took longer than an hour. Start again in the application.", "",
                 "request_expired"};
  }
  const auth::Asking asking{asked->request, asked->carried, &*person, context.request.client};
  const auth::Answer answer =
      form.value("decision") == "allow" ? auth::Answer::allowed : auth::Answer::denied;
  return see_other(context, auth::carried_path(TRY(auth::answer_request(
                                context.auth(), asking, answer, context.origin()))));
}

// A person sees a page, whatever went wrong.
http::Reply as_page(const Context& context, const Error& error) {
  PlainPage page;
  page.title = {"plain.refused"};
  page.links = {{"plain.account", std::string(kStart)}};
  page.status = http::status_of(error.code);
  page.message = {error.message, error.name, error.field};
  http::Reply reply = plain(context, page);
  reply.refusal = error.name;
  return reply;
}

}  // namespace

std::optional<PlainPage> plain_form(const Api& api, const http::Request& request,
                                    const std::string& return_to) {
  if (request.path == "/consent") return consent_form(api, request);
  // Without a way back, the page has more to offer than this form, and is the same for everybody.
  if (request.path != "/signin" || return_to.empty()) return std::nullopt;
  // Every other way needs scripts.
  if (!auth::is_offered(api.auth.config, config::LoginMethod::password)) return std::nullopt;
  return sign_in_page(return_to, std::string(request.query("login_hint").value_or("")));
}

// POST /signin {login, password, return_to?} → 303 there, or the next page
Result<http::Reply> sign_in_by_form(const Context& context) {
  const Result<Form> read = read_form(context);
  if (!read) return as_page(context, read.error());
  const Form& form = *read;
  const Result<auth::LoginOutcome> outcome =
      auth::log_in(context.auth(), form.value("login"), Password(form.value("password")), {},
                   origin_of(context));
  if (!outcome) {
    return shown_again(context, sign_in_page(form.return_to, form.value("login")), outcome.error());
  }
  if (const auto* tokens = std::get_if<auth::Tokens>(&*outcome)) {
    return signed_in(context, *tokens, form.return_to);
  }
  const auto& needed = std::get<auth::MfaNeeded>(*outcome);
  return plain(context, code_page(form.return_to, needed.token.reveal()));
}

// POST /signin/code {mfa_token, code, return_to?} → 303 there
Result<http::Reply> answer_code_by_form(const Context& context) {
  const Result<Form> read = read_form(context);
  if (!read) return as_page(context, read.error());
  const Form& form = *read;
  const Result<auth::Tokens> tokens = auth::answer_challenge(
      context.auth(), OneTimeSecret(form.value("mfa_token")),
      auth::CodeAnswer{OneTimeSecret(form.value("code"))}, origin_of(context));
  if (tokens) return signed_in(context, *tokens, form.return_to);
  // A challenge that is gone begins with the password again.
  const bool is_gone = tokens.error().name == "invalid_mfa_token";
  return shown_again(context,
                     is_gone ? sign_in_page(form.return_to, "")
                             : code_page(form.return_to, form.value("mfa_token")),
                     tokens.error());
}

// POST /consent {request, decision, csrf_token} → 303, on with the request
Result<http::Reply> consent_by_form(const Context& context) {
  Result<http::Reply> reply = answer_consent(context);
  return reply ? std::move(*reply) : as_page(context, reply.error());
}

}  // namespace authd::api
