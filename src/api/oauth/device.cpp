// The device authorization endpoint (RFC 8628 section 3.1), and what the page /device shows and
// sends (src/web/pages/_signin/device.js).
#include "api/oauth/asked.h"
#include "api/oauth/endpoints.h"
#include "auth/oauth/protocol/outbound.h"
#include "auth/oauth/protocol/user_code.h"
#include "auth/oauth/requests/device_answer.h"
#include "auth/oauth/requests/device_authorization.h"
#include "base/encoding.h"

namespace authd::api::oauth {
namespace {

// Who types the code is the person whom the guard let in.
Result<auth::WaitingDevice> device_in(const Context& context, const JsonObject& form,
                                      const auth::Person& person) {
  const std::string typed = TRY(form.string("user_code"));
  return auth::find_device(context.auth(), person, typed, context.origin());
}

}  // namespace

// POST /oauth2/device_authorization {scope, resource?} → {device_code, user_code, …}
Reply authorize_device(const Context& context, const auth::Program& program) {
  const auth::Services& s = context.auth();
  const auth::DeviceAuthorization made =
      TRY(auth::authorize_device(s, program, *context.program_form, context.origin()));
  const std::string page = s.config.public_url + "/device";
  JsonWriter json;
  json.begin_object()
      .field("device_code", made.device_code)
      .field("user_code", made.user_code)
      .field("verification_uri", page)
      .field("verification_uri_complete", page + "?user_code=" + percent_encode(made.user_code))
      .field("expires_in", made.expires_in.count())
      .field("interval", made.interval.count())
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// POST oauth/device {user_code} → {user_code, client, scopes, resources, is_stranger, …}
Reply show_device(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const auth::WaitingDevice device = TRY(device_in(context, form, person));
  TRY(auth::check_may_allow(context.auth(), device, person, context.request.client));
  JsonWriter json;
  json.begin_object().field("user_code", auth::shown_user_code(device.row.user_code));
  write_asked(json, context.auth().config, device.request);
  json.field("is_stranger", auth::is_strangers(device.request.client))
      .field("address", device.row.address)
      .field("asked_at", format_rfc3339(device.row.created_at))
      .end_object();
  return http::Reply::json(200, std::move(json));
}

// POST oauth/device/answer {user_code, decision} → 204
Reply answer_device(const Context& context, const auth::Person& person) {
  const JsonObject form = TRY(context.form());
  const std::string decision = TRY(form.string("decision"));
  if (decision != "allow" && decision != "deny") {
    return Error{ErrorCode::invalid, "This must be \"allow\" or \"deny\".", "decision"};
  }
  const auth::WaitingDevice device = TRY(device_in(context, form, person));
  TRY(auth::answer_device(context.auth(), device, person,
                          decision == "allow" ? auth::Answer::allowed : auth::Answer::denied,
                          context.origin()));
  return http::Reply::no_content();
}

}  // namespace authd::api::oauth
