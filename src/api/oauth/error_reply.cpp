#include "api/oauth/error_reply.h"

#include "auth/oauth/protocol/error_description.h"
#include "http/app/error_reply.h"

namespace authd::api::oauth {

// An error that no function has named is one of the form, or of this server.
std::string_view error_name(const Error& error) {
  if (!error.name.empty()) return error.name;
  switch (error.code) {
    case ErrorCode::unavailable:
    case ErrorCode::busy:
    case ErrorCode::rate_limited: return "temporarily_unavailable";
    case ErrorCode::forbidden: return "access_denied";
    case ErrorCode::unauthenticated: return "invalid_token";
    default: return "invalid_request";
  }
}

http::Reply error_reply(const Error& error, std::string_view request_id) {
  Error named = error;
  named.name = error_name(error);
  // The challenge of a 401 tells whether there was a credential at all.
  http::Reply reply = http::error_reply(error, request_id);
  reply.refusal = named.name;
  JsonWriter json;
  json.begin_object();
  http::write_error_members(json, named, request_id);
  json.field("error_description", auth::error_description(error.message)).end_object();
  reply.body = json.take();
  return reply;
}

}  // namespace authd::api::oauth
