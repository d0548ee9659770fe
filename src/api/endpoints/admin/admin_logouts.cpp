// What an application was told of sign-outs (OpenID Connect Back-Channel Logout 1.0).
#include "api/core/forms.h"
#include "api/core/logouts.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/oauth/logouts/logout_queue.h"
#include "auth/oauth/protocol/document_address.h"

namespace authd::api {
namespace {

using State = std::optional<tables::DeliveryState>;

Result<State> state_of(const Context& context) {
  const std::string_view word = context.request.query("state").value_or("");
  if (word.empty()) return State();
  const State state = auth::parse_delivery_state(word);
  if (state) return state;
  return Error{ErrorCode::invalid, "\"state\" must be waiting, delivered or dead.", "state"};
}

}  // namespace

// GET admin/clients/:id/logouts?state=&limit= → {logouts}, newest first
Result<http::Reply> list_client_logouts(const Context& context) {
  const State state = TRY(state_of(context));
  const size_t limit = TRY(page_size(context));
  const std::string client = auth::client_in_path(context.request.param("id"));
  JsonWriter json;
  write_list(json, "logouts", TRY(auth::list_logouts(context.auth(), client, state, limit)),
             &write_logout);
  return http::Reply::json(200, std::move(json));
}

// POST admin/clients/:id/logouts/:logout/retry → 200 with the delivery, which is due now
Result<http::Reply> retry_client_logout(const Context& context) {
  const http::Request& request = context.request;
  const std::string client = auth::client_in_path(request.param("id"));
  const tables::LogoutDelivery due =
      TRY(auth::retry_logout(context.auth(), client, request.param("logout"), context.origin()));
  JsonWriter json;
  write_logout(json, due);
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
