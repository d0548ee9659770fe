// What a client did lately, for the administrator who looks for a mistake.
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/document_address.h"

namespace authd::api {

// GET admin/clients/:id/activity → {uses_pkce, refusals}
Result<http::Reply> show_client_activity(const Context& context) {
  const auth::Services& s = context.auth();
  const tables::Client client =
      TRY(auth::get_client(s, auth::client_in_path(context.request.param("id"))));
  const auth::ClientNotes::Seen seen = s.oauth.notes.of(client.id);
  JsonWriter json;
  json.begin_object().key("uses_pkce");
  if (seen.uses_pkce) {
    json.value(*seen.uses_pkce);
  } else {
    json.null();
  }
  json.key("refusals").begin_array();
  for (const auth::ClientRefusal& refusal : seen.refusals) {
    json.begin_object();
    time_or_null(json, "at", refusal.at);
    json.field("path", refusal.path)
        .field("error", refusal.error)
        .field("message", refusal.message)
        .field("request_id", refusal.request_id)
        .end_object();
  }
  json.end_array().end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
