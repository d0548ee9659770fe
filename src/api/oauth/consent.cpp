// What the consent page shows and sends (src/web/pages/_signin/consent.js).
#include "api/oauth/asked.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/document_address.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/redirect_uri.h"
#include "auth/oauth/protocol/words.h"
#include "auth/oauth/requests/authorization.h"
#include "auth/oauth/requests/pushed_request.h"

namespace authd::api::oauth {
namespace {

struct Shown {
  auth::CarriedRequest carried;
  auth::AuthorizationRequest request;
};

// Error: `not_found` for a request that has expired or is not in order any longer.
Result<Shown> request_in_path(const Context& context) {
  const auth::Services& s = context.auth();
  const Error gone{ErrorCode::not_found,
                   "The request of the application is no longer valid; start again there.", "",
                   "request_expired"};
  std::optional<auth::CarriedRequest> carried =
      auth::read_carried(s, context.request.param("request"), s.clock.now());
  if (!carried) return gone;
  auth::ReadRequest read = TRY(auth::read_carried_request(s, *carried));
  if (read.refusal) return gone;
  return Shown{std::move(*carried), std::move(read.request)};
}

}  // namespace

// GET oauth/requests/:request → {client, scopes, attributes, resources, redirect_origin, …}
Reply show_request(const Context& context, const auth::Person&) {
  const Shown shown = TRY(request_in_path(context));
  const auth::AuthorizationRequest& request = shown.request;
  const tables::Client& client = request.client;
  JsonWriter json;
  json.begin_object();
  write_asked(json, context.auth().config, request);
  json.field("redirect_origin", auth::redirect_origin(request.redirect_uri))
      .field("is_unprovable", client.is_public && auth::is_unprovable(request.redirect_uri))
      .field("is_stranger", auth::is_strangers(client))
      .field("document_host", auth::document_host(client.id))
      .field("selects_account", request.has_prompt(auth::kPromptSelect))
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// POST oauth/requests/:request {decision} → {redirect_to}
Reply answer_request(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const std::string decision = TRY(form.string("decision"));
  if (decision != "allow" && decision != "deny") {
    return Error{ErrorCode::invalid, "This must be \"allow\" or \"deny\".", "decision"};
  }
  const Shown shown = TRY(request_in_path(context));
  const std::string text = TRY(auth::answer_request(
      context.auth(), {shown.request, shown.carried, &person, context.request.client},
      decision == "allow" ? auth::Answer::allowed : auth::Answer::denied, context.origin()));
  JsonWriter json;
  json.begin_object().field("redirect_to", auth::carried_path(text)).end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api::oauth
