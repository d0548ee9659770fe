#include "api/endpoints/pages/plain_parts.h"

#include <algorithm>

#include "api/core/browser_session.h"
#include "api/core/render.h"
#include "auth/core/return_address.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/consents.h"
#include "auth/sessions/session_cookie.h"
#include "base/refusal.h"
#include "http/app/error_reply.h"
#include "http/wire/body.h"

namespace authd::api {

using web::PlainPage;

namespace {

Error csrf_failed() {
  return refused(ErrorCode::forbidden, "csrf_failed", "Another site may not do this.");
}

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
  return csrf_failed();
}

}  // namespace

std::string PlainForm::value(const char* name) const {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

Result<PlainForm> read_plain_form(const Context& context) {
  TRY(check_own_form(context));
  PlainForm form{TRY(http::form_body(context.request)), {}};
  const std::string& wanted = form.values["return_to"];
  form.return_to = auth::return_address(context.auth().config, wanted).value_or("");
  return form;
}

Result<auth::Person> sender_of(const Context& context, const PlainForm& form) {
  std::optional<auth::Person> person = TRY(cookie_caller(context.api, context.request, false));
  if (!person) return auth::invalid_session();
  if (auth::is_csrf_token(context.auth(), person->session(), form.value("csrf_token"))) {
    return std::move(*person);
  }
  return csrf_failed();
}

http::Reply see_other(const Context& context, std::string_view address) {
  const bool is_local = address.starts_with('/');
  return http::Reply::text(303, "Continue there.\n")
      .with("Location",
            (is_local ? context.auth().config.public_url : std::string()) + std::string(address))
      .with("Cache-Control", "no-store");
}

http::Reply show_plain(const Context& context, const PlainPage& page) {
  return in_watched_window(context.api.site.plain(context.request, page));
}

http::Reply shown_again(const Context& context, PlainPage page, const Error& error) {
  page.status = http::status_of(error.code);
  page.problem = web::said(error);
  http::Reply reply = show_plain(context, page);
  reply.refusal = error.name;
  return reply;
}

http::Reply refused_plainly(const Context& context, const Error& error) {
  PlainPage page;
  page.title = {"plain.refused"};
  page.links = {{"plain.account", std::string(kStartPage)}};
  page.status = http::status_of(error.code);
  page.message = web::said(error);
  http::Reply reply = show_plain(context, page);
  reply.refusal = error.name;
  return reply;
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

}  // namespace authd::api
