#include "api/oauth/browser_reply.h"

#include <algorithm>
#include <array>

#include "api/core/browser_session.h"
#include "api/core/render.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "http/app/error_reply.h"
#include "http/wire/body.h"

namespace authd::api::oauth {
namespace {

// Whether the text of the page says no more than that the application made a mistake.
bool is_general(const Error& error) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "invalid_request", "invalid_request_object", "request_not_supported", auth::kInvalidMetadata};
  return error.reason.empty() && auth::contains(kNames, error.name);
}

}  // namespace

http::Reply send_to(const Context& context, std::string_view address) {
  const bool is_local = address.starts_with('/');
  http::Reply reply = http::Reply::text(303, "Continue there.\n");
  return in_watched_window(
      std::move(reply)
          .with("Location", (is_local ? context.auth().config.public_url : std::string()) +
                                std::string(address))
          .with("Cache-Control", "no-store"));
}

http::Reply show_page(const Context& context, web::PlainPage page) {
  return in_watched_window(context.api.site.plain(context.request, page));
}

http::Reply answer_client(const Context& context, const auth::AuthorizationRequest& request,
                          const auth::AnswerParameters& answer) {
  if (!request.by_form_post) return send_to(context, auth::answer_address(request, answer));
  web::PlainPage page;
  page.title = {"plain.on_the_way"};
  page.message.text = auth::redirect_origin(request.redirect_uri);
  page.form = web::PlainPage::Form{request.redirect_uri, answer};
  page.form->sends_itself = true;
  return show_page(context, std::move(page));
}

http::Reply refuse_with_page(const Context& context, const Error& error,
                             std::string for_administrators,
                             std::vector<web::PlainPage::Link> links) {
  web::PlainPage page;
  page.status = http::status_of(error.code);
  page.title = {"plain.refused"};
  page.message = web::said(error);
  const bool is_more_to_say = is_general(error) && for_administrators.empty();
  page.for_administrators = is_more_to_say ? error.message : std::move(for_administrators);
  page.links = std::move(links);
  http::Reply reply = show_page(context, std::move(page));
  reply.refusal = error.name;
  return reply;
}

http::Reply offer_answer(const Context& context, const auth::AuthorizationRequest& request,
                         const Error& error, const auth::AnswerParameters& answer) {
  web::PlainPage page;
  page.status = http::status_of(error.code);
  page.title = {"plain.refused"};
  page.message = web::said(error);
  page.warning = warning_of(request.client, request.redirect_uri);
  if (request.by_form_post)
    page.form = web::PlainPage::Form{request.redirect_uri, answer};
  else
    page.links = {{"plain.go_on", auth::answer_address(request, answer)}};
  http::Reply reply = show_page(context, std::move(page));
  reply.refusal = error.name;
  return reply;
}

web::Text warning_of(const tables::Client& client, std::string_view address) {
  return {"consent.stranger", {{"name", client.name}, {"origin", auth::redirect_origin(address)}}};
}

// From the target as it was sent: the library passes over a pair that is repeated exactly.
Result<auth::Parameters> query_of(const Context& context) {
  std::string_view target = context.request.target;
  const auto mark = std::find(target.begin(), target.end(), '?');
  const std::string_view query(mark == target.end() ? mark : mark + 1, target.end());
  return auth::Parameters::read(TRY(http::parse_pairs(query)));
}

Result<auth::Parameters> form_of(const Context& context) {
  return auth::Parameters::read(TRY(http::form_pairs(context.request)));
}

Result<std::optional<auth::Person>> person_of(const Context& context) {
  using Found = std::optional<auth::Person>;
  Result<Found> person = cookie_caller(context.api, context.request, false);
  if (person || person.error().code != ErrorCode::unauthenticated) return person;
  return Found();
}

}  // namespace authd::api::oauth
