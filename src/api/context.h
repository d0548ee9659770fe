// What endpoints are given besides the request, and the routes as a table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/features.h"
#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "base/json.h"
#include "http/message.h"
#include "http/metrics.h"
#include "http/router.h"
#include "web/site.h"

namespace authd::api {

class OpenApi;
struct Accepted;

// Made once; endpoints share it.
struct Api {
  const auth::Services& auth;
  http::Metrics& metrics;
  const web::Site& site;
  std::function<bool()> is_draining;  // for /readyz: the server is about to stop
  const OpenApi& documentation;       // for /openapi.json (openapi.h)
};

// Who may call a route. Every route names one.
enum class Guard {
  none,     // anybody; the endpoint checks what is in the request itself
  account,  // a person whose session has the scope "account": may act on their own account
  admin,    // the same, of a user who has the role "admin"
  client,   // a program, by the id and secret of a client (RFC 6749 section 2.3.1)
};

// One request.
struct Context {
  const Api& api;
  const http::Request& request;
  UserId actor{};                      // the user whom the guard let in; 0: there is none
  const Accepted* accepted = nullptr;  // null: unknown members are ignored

  const auth::Services& auth() const { return api.auth; }
  auth::Origin origin() const;
  // The body as a JSON object. Errors: those of http::json_body(); `invalid` for a member that the
  // operation does not have (accepted.h).
  Result<JsonObject> form() const;
};

// The form that an error of the endpoint has.
enum class Dialect {
  canonical,  // http/error_reply.h
  compat,     // that of the replaced APIs (compat/compat.h)
};

using Reply = Result<http::Reply>;

// An endpoint says by its type which caller it needs, and gets the one that the guard let in. Only
// a route for API keys has an endpoint that takes any user: behind every other guard for people
// there is a Person, who has a session.
using Endpoint =
    std::variant<Reply (*)(const Context&), Reply (*)(const Context&, const auth::Person&),
                 Reply (*)(const Context&, const auth::UserCaller&),
                 Reply (*)(const Context&, const auth::Program&)>;

// The columns of a route that few routes fill.
struct RouteOptions {
  size_t max_body = 0;              // bytes, where it is more than server.max_body
  Features served_when = {};        // one of these is on; empty: always
  std::string_view key_scope = {};  // what an API key needs to call it; empty: no key may
  Dialect dialect = Dialect::canonical;
  // http/router.h says what these mean.
  bool takes_basic = false;
  bool hides_path = false;
  bool is_probe = false;
  // What the operation does not document is ignored, and not refused (accepted.h).
  bool ignores_unknown = false;
};

// All policy of a route is in its row: nothing else decides by its endpoint or its path.
struct Route {
  http::Method method;
  const char* pattern;
  Guard guard;
  http::Limit limit;
  http::Lane lane;
  Endpoint endpoint;
  RouteOptions options = {};
};

// The device that an account has logged in with before (auth/core/attempts.h).
inline constexpr std::string_view kDeviceCookie = "authd_device";

// The value of a cookie (RFC 6265 section 4.2), empty when it is not there.
std::string cookie(const http::Request& request, std::string_view name);
// All values of that name: cookies of several paths and domains may have it.
std::vector<std::string> cookies(const http::Request& request, std::string_view name);

// True when a cookie is to keep the login that this request asks for: "X-Authd-Session: cookie". A
// page of another site cannot send that header without a preflight request (http/cors.h).
inline constexpr std::string_view kSessionHeader = "x-authd-session";
bool wants_cookie(const http::Request& request);

// A decimal number from the address. Error: `invalid`, with the field.
Result<uint64_t> number_in(std::string_view text, std::string_view field);

// The token of "Authorization: Bearer …" (RFC 6750 section 2.1); nullopt when there is no such
// header. Error: `malformed`, "invalid_request", when it is there twice or is no token.
Result<std::optional<std::string_view>> bearer_token(const http::Request& request);

// An API key in X-API-Key; nullopt when there is none: the application behind a proxy may have keys
// of its own in that header. Error: `malformed` when it is there twice.
Result<std::optional<std::string_view>> api_key_header(const http::Request& request);

}  // namespace authd::api
