// GET /api/v1/doctor/:token → 200: the doctor's own request (auth/upkeep/doctor_token.h) as it
// arrived here, after the proxies in between; the reply also sets two cookies that the doctor looks
// for.
#include <array>

#include "api/endpoints/endpoints.h"
#include "auth/sessions/session_cookie.h"
#include "auth/upkeep/doctor_token.h"

namespace authd::api {
namespace {

// Headers that authd relies on, and those that proxies write.
constexpr std::array kHeaders = {"authorization",     "cookie",           "x-api-key",
                                 "x-csrf-token",      "x-authd-session",  "x-forwarded-for",
                                 "x-forwarded-proto", "x-forwarded-host", "forwarded"};

}  // namespace

Result<http::Reply> show_probe(const Context& context) {
  const http::Request& request = context.request;
  const auth::Services& s = context.auth();
  if (!TRY(auth::is_doctor_token(s.store, request.param("token"), s.clock.now()))) {
    // The same answer as at any unknown address, so a stranger does not even learn what this one is
    // for.
    return Error{ErrorCode::not_found, "There is nothing at this address."};
  }
  JsonWriter json;
  json.begin_object()
      .field("version", AUTHD_VERSION)
      .field("client", request.client.to_string())
      .field("secure", request.secure)
      .field("host", request.host)
      .field("from_proxy", request.is_from_proxy)
      .key("headers")
      .begin_object();
  for (const char* name : kHeaders) {
    if (const auto value = request.header(name)) json.field(name, *value);
  }
  json.end_object().key("cookies").begin_array();
  std::array<std::string, 2> made;
  made[0] = auth::probe_cookie(s.config, "1");
  made[1] = auth::probe_cookie(s.config, "2");
  for (const std::string& one : made)
    json.value(one);
  json.end_array().end_object();
  http::Reply reply = http::Reply::json(200, std::move(json));
  for (const std::string& one : made)
    reply.with("Set-Cookie", one);
  return reply;
}

}  // namespace authd::api
