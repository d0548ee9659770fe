#include "api/endpoints/pages/plain_forms.h"

#include "api/core/browser_session.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/pages/device_forms.h"
#include "api/endpoints/pages/plain_parts.h"
#include "auth/core/login_methods.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/requests/pushed_request.h"
#include "auth/sessions/session_cookie.h"
#include "auth/signin/login.h"
#include "auth/signin/step_answer.h"

namespace authd::api {
namespace {

using web::PlainPage;

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

// One step at a time, the terms first.
PlainPage step_page(const config::Config& config, const std::string& return_to,
                    std::string_view token, bool is_terms) {
  PlainPage page;
  page.title = {is_terms ? "steps.terms.title" : "reset.title"};
  page.paragraphs = {{is_terms ? "steps.terms.text" : "steps.password.text"}};
  PlainPage::Form form;
  form.address = "/signin/steps";
  form.hidden = {{"step_token", std::string(token)}};
  if (!return_to.empty()) form.hidden.emplace_back("return_to", return_to);
  if (is_terms) {
    form.hidden.emplace_back("terms_version", config.terms.version);
    form.buttons = {{"steps.terms.submit"}};
    page.links = {{"terms.read", config.terms.url}};
  } else {
    form.fields = {{"new_password", "password.new", "password", "new-password"}};
    form.buttons = {{"reset.submit"}};
  }
  page.form = std::move(form);
  page.links.push_back({"signin.back", "/signin"});
  return page;
}

// The browser of whoever has just signed in, on its way.
http::Reply signed_in(const Context& context, const auth::Tokens& tokens,
                      const std::string& return_to) {
  http::Reply made = login_reply(context, 200, tokens);
  http::Reply reply = see_other(context, return_to.empty() ? kStartPage : return_to);
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

// On after a proof: signed in, or the next thing that is asked.
http::Reply gone_on(const Context& context, const auth::LoginOutcome& outcome,
                    const std::string& return_to) {
  if (const auto* tokens = std::get_if<auth::Tokens>(&outcome)) {
    return signed_in(context, *tokens, return_to);
  }
  if (const auto* waits = std::get_if<auth::StepsNeeded>(&outcome)) {
    return show_plain(context, step_page(context.auth().config, return_to, waits->token.reveal(),
                                         waits->steps.front() == auth::LoginStep::terms));
  }
  const auto& needed = std::get<auth::MfaNeeded>(outcome);
  return show_plain(context, code_page(return_to, needed.token.reveal()));
}

struct Carried {
  auth::CarriedRequest carried;
  auth::AuthorizationRequest request;
};

std::optional<Carried> carried_in(const auth::Services& s, std::string_view text) {
  auto carried = auth::read_carried(s, text, s.clock.now());
  if (!carried) return std::nullopt;
  auto read = auth::read_carried_request(s, *carried);
  if (!read || read->refusal) return std::nullopt;
  return Carried{std::move(*carried), std::move(read->request)};
}

std::optional<PlainPage> consent_form(const Api& api, const http::Request& request) {
  const std::string text(request.query("request").value_or(""));
  const auto person = cookie_caller(api, request, false);
  if (!person || !*person) return std::nullopt;
  const std::optional<Carried> asked = carried_in(api.auth, text);
  if (!asked) return std::nullopt;
  PlainPage page;
  page.title = {"consent.title", {{"name", asked->request.client.name}}};
  page.picture = auth::logo_path(asked->request.client);
  page.message.text = auth::redirect_origin(asked->request.redirect_uri);
  if (auth::is_strangers(asked->request.client)) {
    page.warning = {"consent.stranger",
                    {{"name", asked->request.client.name}, {"origin", page.message.text}}};
  }
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
  const PlainForm form = TRY(read_plain_form(context));
  const auth::Person person = TRY(sender_of(context, form));
  const std::string text = form.value("request");
  const std::optional<Carried> asked = carried_in(context.auth(), text);
  if (!asked) {
    return Error{ErrorCode::malformed,
                 "This took longer than an hour. Start again in the application.", "",
                 "request_expired"};
  }
  const auth::Asking asking{asked->request, asked->carried, &person, context.request.client};
  const auth::Answer answer =
      form.value("decision") == "allow" ? auth::Answer::allowed : auth::Answer::denied;
  return see_other(context, auth::carried_path(TRY(auth::answer_request(
                                context.auth(), asking, answer, context.origin()))));
}

}  // namespace

std::optional<PlainPage> plain_form(const Api& api, const http::Request& request,
                                    const std::string& return_to) {
  if (request.path == "/consent") return consent_form(api, request);
  if (request.path == "/device") return device_form(api, request);
  // Without a way back, the page has more to offer than this form, and is the same for everybody.
  if (request.path != "/signin" || return_to.empty()) return std::nullopt;
  // Every other way needs scripts.
  if (!auth::is_offered(api.auth.config, config::LoginMethod::password)) return std::nullopt;
  return sign_in_page(return_to, std::string(request.query("login_hint").value_or("")));
}

// POST /signin {login, password, return_to?} → 303 there, or the next page
Result<http::Reply> sign_in_by_form(const Context& context) {
  const Result<PlainForm> read = read_plain_form(context);
  if (!read) return refused_plainly(context, read.error());
  const PlainForm& form = *read;
  const Result<auth::LoginOutcome> outcome =
      auth::log_in(context.auth(), form.value("login"), Password(form.value("password")), {},
                   origin_of(context));
  if (!outcome) {
    return shown_again(context, sign_in_page(form.return_to, form.value("login")), outcome.error());
  }
  return gone_on(context, *outcome, form.return_to);
}

// POST /signin/code {mfa_token, code, return_to?} → 303 there, or the next page
Result<http::Reply> answer_code_by_form(const Context& context) {
  const Result<PlainForm> read = read_plain_form(context);
  if (!read) return refused_plainly(context, read.error());
  const PlainForm& form = *read;
  const Result<auth::LoginOutcome> outcome = auth::answer_challenge(
      context.auth(), OneTimeSecret(form.value("mfa_token")),
      auth::CodeAnswer{OneTimeSecret(form.value("code"))}, origin_of(context));
  if (outcome) return gone_on(context, *outcome, form.return_to);
  // A challenge that is gone begins with the password again.
  const bool is_gone = outcome.error().name == "invalid_mfa_token";
  return shown_again(context,
                     is_gone ? sign_in_page(form.return_to, "")
                             : code_page(form.return_to, form.value("mfa_token")),
                     outcome.error());
}

// POST /signin/steps {step_token, terms_version or new_password, return_to?} → 303 there, or the
// next page
Result<http::Reply> answer_steps_by_form(const Context& context) {
  const Result<PlainForm> read = read_plain_form(context);
  if (!read) return refused_plainly(context, read.error());
  const PlainForm& form = *read;
  const bool is_terms = form.values.contains("terms_version");
  auth::StepAnswers given;
  if (is_terms) {
    given.terms_version = form.value("terms_version");
  } else {
    given.new_password.emplace(form.value("new_password"));
  }
  const Result<auth::LoginOutcome> outcome = auth::answer_steps(
      context.auth(), OneTimeSecret(form.value("step_token")), given, origin_of(context));
  if (outcome) return gone_on(context, *outcome, form.return_to);
  const bool is_gone = outcome.error().name == "invalid_step_token";
  return shown_again(context,
                     is_gone ? sign_in_page(form.return_to, "")
                             : step_page(context.auth().config, form.return_to,
                                         form.value("step_token"), is_terms),
                     outcome.error());
}

// POST /consent {request, decision, csrf_token} → 303, on with the request
Result<http::Reply> consent_by_form(const Context& context) {
  Result<http::Reply> reply = answer_consent(context);
  return reply ? std::move(*reply) : refused_plainly(context, reply.error());
}

}  // namespace authd::api
