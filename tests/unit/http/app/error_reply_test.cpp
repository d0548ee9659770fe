#include "http/app/error_reply.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/json.h"

using namespace authd;
using namespace authd::http;
using namespace std::string_literals;

namespace {

// A new code does not compile until it is here.
int expected_status(ErrorCode code) {
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
  return 0;
}

constexpr ErrorCode kLastCode = ErrorCode::usage;

// The value of a header; "-" if it is absent.
std::string header(const Reply& reply, std::string_view name) {
  const auto it = std::find_if(reply.headers.begin(), reply.headers.end(),
                               [&](const auto& one) { return one.first == name; });
  return it == reply.headers.end() ? "-" : it->second;
}

JsonObject body(const Reply& reply) {
  CAPTURE(reply.body);
  CHECK(reply.content_type == "application/json");
  Result<JsonObject> json = JsonObject::parse(reply.body);
  REQUIRE(json);
  return std::move(*json);
}

std::string challenge(const Error& error) {
  return header(error_reply(error, "id"), "WWW-Authenticate");
}

std::string retry_after(ErrorCode code, int seconds) {
  Error error{code, "Wait."};
  error.retry_after_s = seconds;
  return header(error_reply(error, "id"), "Retry-After");
}

}  // namespace

TEST_CASE("every code has its status and its name") {
  for (int i = 0; i <= static_cast<int>(kLastCode); ++i) {
    CAPTURE(i);
    const auto code = static_cast<ErrorCode>(i);
    const Reply reply = error_reply({code, "What happened."}, "id");
    CHECK(status_of(code) == expected_status(code));
    CHECK(reply.status == expected_status(code));
    CHECK(body(reply).string("error").value() == default_name(code));
  }
}

TEST_CASE("every error has the same shape") {
  const JsonObject json = body(error_reply({ErrorCode::not_found, "No such thing."}, "abc-1"));
  CHECK(json.keys() == std::vector<std::string>{"error", "message", "detail", "request_id"});
  CHECK(json.string("error").value() == "not_found");
  CHECK(json.string("message").value() == "No such thing.");
  CHECK(json.string("detail").value() == "No such thing.");
  CHECK(json.string("request_id").value() == "abc-1");
}

TEST_CASE("an error names its field, and may have its own name") {
  const JsonObject json =
      body(error_reply({ErrorCode::invalid, "Too short.", "password", "weak_password"}, "id"));
  CHECK(json.string("error").value() == "weak_password");
  CHECK(json.string("field").value() == "password");
}

TEST_CASE("text that came from a client stays text") {
  const std::string hostile = "\",\"admin\":true,\"x\":\"\\\r\n<script>\0\xff"s;
  const Reply reply = error_reply({ErrorCode::invalid, hostile, hostile, hostile}, hostile);
  const JsonObject json = body(reply);
  CHECK(json.keys() ==
        std::vector<std::string>{"error", "message", "detail", "field", "request_id"});
  CHECK(json.string("message").value().starts_with("\",\"admin\":true"));
  CHECK(reply.body.find('\n') == std::string::npos);
  for (const auto& [key, value] : reply.headers)
    CHECK(value.find("script") == std::string::npos);
}

TEST_CASE("an unknown caller learns how to authenticate") {
  const ErrorCode code = ErrorCode::unauthenticated;
  CHECK(challenge({code, "No."}) == "Bearer realm=\"authd\"");
  CHECK(challenge({code, "No.", "", "invalid_token"}) ==
        "Bearer realm=\"authd\", error=\"invalid_token\"");
  CHECK(challenge({code, "No.", "", "invalid_client"}).starts_with("Basic realm=\"authd\""));
  CHECK(challenge({code, "No.", "", "\"\r\nSet-Cookie: a"}) == "Bearer realm=\"authd\"");
}

TEST_CASE("a challenge goes with 401, and with a scope that is too small") {
  CHECK(challenge({ErrorCode::forbidden, "No."}) == "-");
  CHECK(challenge({ErrorCode::forbidden, "No.", "", "insufficient_scope"}) ==
        "Bearer realm=\"authd\", error=\"insufficient_scope\"");
  CHECK(challenge({ErrorCode::not_found, "No.", "", "invalid_token"}) == "-");
  CHECK(challenge({ErrorCode::malformed, "No.", "", "invalid_client"}) == "-");
}

TEST_CASE("a caller who may come back learns when, at least a second later") {
  for (const ErrorCode code : {ErrorCode::rate_limited, ErrorCode::busy, ErrorCode::unavailable}) {
    CHECK(retry_after(code, 17) == "17");
    CHECK(retry_after(code, 0) == "1");
    CHECK(retry_after(code, -5) == "1");
  }
  CHECK(retry_after(ErrorCode::invalid, 17) == "-");
  CHECK(retry_after(ErrorCode::unauthenticated, 17) == "-");
}

TEST_CASE("a refusal by status has the same shape") {
  const Reply reply = status_reply(405, "method_not_allowed", "Not \"here\".", "abc-1");
  CHECK(reply.status == 405);
  const JsonObject json = body(reply);
  CHECK(json.string("error").value() == "method_not_allowed");
  CHECK(json.string("message").value() == "Not \"here\".");
  CHECK(json.string("request_id").value() == "abc-1");
}
