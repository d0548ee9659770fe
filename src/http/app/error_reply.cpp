#include "http/app/error_reply.h"

namespace authd::http {
namespace {

// RFC 6750 section 3 for tokens, RFC 7617 for the credentials of a client. The code in the
// challenge is one of RFC 6750's, or absent if there was no credential.
std::string challenge_of(const Error& error) {
  if (error.name == "invalid_client") return "Basic realm=\"authd\", charset=\"UTF-8\"";
  if (error.name == "invalid_token") return "Bearer realm=\"authd\", error=\"invalid_token\"";
  return "Bearer realm=\"authd\"";
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed: return 400;
    case ErrorCode::invalid: return 422;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::forbidden: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::too_large: return 413;
    case ErrorCode::unsupported: return 415;
    case ErrorCode::rate_limited: return 429;
    case ErrorCode::busy: return 503;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::usage: return 400;
  }
  __builtin_unreachable();
}

Reply status_reply(int status, std::string_view name, std::string_view message,
                   std::string_view request_id) {
  JsonWriter json;
  json.begin_object()
      .field("error", name)
      .field("message", message)
      .field("detail", message)
      .field("request_id", request_id)
      .end_object();
  Reply reply = Reply::json(status, std::move(json));
  reply.refusal = name;
  return reply;
}

void write_error_members(JsonWriter& json, const Error& error, std::string_view request_id) {
  json.field("error", error.name.empty() ? default_name(error.code) : error.name)
      .field("message", error.message)
      .field("detail", error.message);
  if (!error.field.empty()) json.field("field", error.field);
  if (!error.reason.empty()) json.field("reason", error.reason);
  if (error.limit > 0) json.field("limit", error.limit);
  json.key("request_id");
  if (request_id.empty()) {
    json.null();
  } else {
    json.value(request_id);
  }
}

void write_error(JsonWriter& json, const Error& error, std::string_view request_id) {
  json.begin_object();
  write_error_members(json, error, request_id);
  json.end_object();
}

Reply error_reply(const Error& error, std::string_view request_id) {
  JsonWriter json;
  write_error(json, error, request_id);
  Reply reply = Reply::json(status_of(error.code), std::move(json));
  reply.refusal = error.name.empty() ? default_name(error.code) : error.name;
  if (reply.status == 401) reply.with("WWW-Authenticate", challenge_of(error));
  if (reply.status == 403 && error.name == "insufficient_scope") {
    reply.with("WWW-Authenticate", "Bearer realm=\"authd\", error=\"insufficient_scope\"");
  }
  if (reply.status == 429 || reply.status == 503) {
    reply.with("Retry-After", std::to_string(std::max(error.retry_after_s, 1)));
  }
  return reply;
}

}  // namespace authd::http
