// The context that an endpoint receives besides the request, and the type of a row of the route
// table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/core/features.h"
#include "auth/core/caller.h"
#include "auth/core/limits/proof_of_work.h"
#include "auth/core/services.h"
#include "auth/replica/feed.h"
#include "auth/replica/settings.h"
#include "base/json.h"
#include "config/reading/in_force.h"
#include "http/app/metrics.h"
#include "http/app/router.h"
#include "http/wire/message.h"
#include "web/site.h"

namespace authd::auth {
class Parameters;
}

namespace authd::api {

class OpenApi;
struct Accepted;

// Created once and shared by all endpoints.
struct Api {
  const auth::Services& auth;
  http::Metrics& metrics;
  const web::Site& site;
  std::function<bool()> is_draining;          // for /readyz: the server is about to stop
  const OpenApi& documentation;               // for /openapi.json (openapi.h)
  mutable auth::WorkMeter work = {};          // of the routes that need work
  const config::InForce* settings = nullptr;  // null: of `auth` alone, with no sources
  mutable auth::ReplicaFeed replicas = {};    // of those that copy this server
  mutable auth::SettingsTag settings_tag = {};
  // Of a server that is a replica itself: the only client that may ask here. Null: it is none.
  const auth::ReplicaClient* own_client = nullptr;
};

// Who may call a route. Every route names one.
enum class Guard {
  none,     // anybody; the endpoint checks the credentials in the request, if any
  account,  // a person whose session has the scope "account": may act on their own account
  admin,    // the same, for a user with the role "admin"
  client,   // a program, with the id and secret of a client (RFC 6749 section 2.3.1)
  // The same, or a public client, which everybody who knows its id can pose as.
  any_client,
};

// One request.
struct Context {
  const Api& api;
  const http::Request& request;
  std::optional<UserId> actor{};                   // the user whom the guard let in
  bool by_api_key = false;                         // of the actor
  const Accepted* accepted = nullptr;              // null: unknown members are ignored
  const auth::Parameters* program_form = nullptr;  // what a program sent; null on other routes

  const auth::Services& auth() const { return api.auth; }
  auth::Origin origin() const;
  // The body as a JSON object. Errors: those of http::json_body(); `invalid` for a member that the
  // document does not list for the operation (accepted.h).
  Result<JsonObject> form() const;
};

// The format of the endpoint's errors.
enum class Dialect {
  canonical,  // http/app/error_reply.h
  compat,     // that of the replaced APIs (compat/compat.h)
  oauth,      // RFC 6749 section 5.2 (oauth/error_reply.h)
};

using Reply = Result<http::Reply>;

// The type of an endpoint states which caller it needs, and the guard provides that caller. Only a
// route for API keys has an endpoint that takes any user; every other guard for people provides a
// Person, who has a session.
using Endpoint =
    std::variant<Reply (*)(const Context&), Reply (*)(const Context&, const auth::Person&),
                 Reply (*)(const Context&, const auth::UserCaller&),
                 Reply (*)(const Context&, const auth::Program&)>;

// The columns that few routes set.
struct RouteOptions {
  size_t max_body = 0;        // bytes, if larger than server.max_body
  Features served_when = {};  // served when one of these is on; empty: always
  std::string_view key_scope =
      {};  // the scope that an API key needs; empty: no API key may call it
  // A person needs a fresh proof of who they are (auth/sessions/step_up.h). An API key cannot give
  // one; what it reaches is limited instead (auth/core/key_reach.h).
  bool needs_proof = false;
  // Strangers can cause a mail or an account: it needs a proof of work when there are many of them
  // (auth/core/limits/proof_of_work.h).
  bool needs_work = false;
  Dialect dialect = Dialect::canonical;
  // Explained in http/app/router.h.
  bool takes_basic = false;
  std::string_view waits_for = {};
  bool parks = false;
  bool hides_path = false;
  bool for_any_origin = false;
  bool is_probe = false;
  bool on_replica = false;  // a replica serves it, too (docs/sidecar.md)
  // A client may be known by its document alone, which is fetched
  // (auth/oauth/strangers/document_clients.h).
  bool reads_document = false;
  // Undocumented parameters and members are ignored instead of refused (accepted.h).
  bool ignores_unknown = false;
  // Counts every answer for /metrics, also those of the guard. The form is null if the guard could
  // not read it.
  void (*counts)(const auth::Services&, const auth::Parameters* form, const http::Reply&) = nullptr;
};

// A route's row holds its entire policy: nothing else depends on its endpoint or its path.
struct Route {
  http::Method method;
  const char* pattern;
  Guard guard;
  http::Limit limit;
  http::Lane lane;
  Endpoint endpoint;
  RouteOptions options = {};
};

// Marks a device from which an account has logged in before (auth/core/limits/devices.h).
inline constexpr std::string_view kDeviceCookie = "authd_device";
// Marks the browser for which a code was mailed (auth/signin/passwordless.h).
inline constexpr std::string_view kAskerCookie = "authd_asker";

// The name of a cookie of this host alone: over https with the prefix that keeps other hosts from
// setting it. Whether that is so follows from server.public_url, not from the request.
std::string own_cookie_name(const config::Config& config, std::string_view name);
// The Set-Cookie header of such a cookie.
std::string own_cookie(const config::Config& config, std::string_view name, std::string value,
                       Seconds life);

// The value of a cookie (RFC 6265 section 4.2); empty when absent.
std::string cookie(const http::Request& request, std::string_view name);
// All values of that name: cookies of different paths and domains may share it.
std::vector<std::string> cookies(const http::Request& request, std::string_view name);
// The different ones of these, in order; not more than browsers have reasons to send.
std::vector<std::string> different_cookies(const http::Request& request, std::string_view name);

// True when this request asks for a login kept in a cookie: "X-Authd-Session: cookie". A page of
// another site cannot send that header without a preflight request (http/app/cors.h).
inline constexpr std::string_view kSessionHeader = "x-authd-session";
bool wants_cookie(const http::Request& request);

// The proof that a route with `needs_work` may ask for.
inline constexpr std::string_view kWorkHeader = "x-authd-work";

// A decimal number from the address. Error: `invalid`, with the field.
Result<uint64_t> number_in(std::string_view text, std::string_view field);

// The token of "Authorization: Bearer …" (RFC 6750 section 2.1); nullopt when there is no such
// header. Error: `malformed`, "invalid_request", when it occurs twice or does not contain a token.
Result<std::optional<std::string_view>> bearer_token(const http::Request& request);
// The same for "Authorization: DPoP …" (RFC 9449 section 7.1).
Result<std::optional<std::string_view>> dpop_token(const http::Request& request);

// An API key in X-API-Key; nullopt when the header has none, since the application behind a proxy
// may use that header for its own keys. Error: `malformed` when it occurs twice.
Result<std::optional<std::string_view>> api_key_header(const http::Request& request);

}  // namespace authd::api
