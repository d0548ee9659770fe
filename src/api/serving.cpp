#include "api/routes.h"

#include "api/compat/compat.h"
#include "api/contract/openapi_sources.h"
#include "api/core/browser_session.h"
#include "api/core/guard.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/pages/pages.h"
#include "api/oauth/error_reply.h"
#include "auth/accounts/account/api_keys.h"
#include "auth/core/api_key_text.h"
#include "auth/oauth/clients/refused_client.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "http/app/error_reply.h"
#include "http/wire/body.h"

namespace authd::api {
namespace {

using enum http::Method;
using http::Limit;

// Whether the key may call the route. A key with full access to the admin API may also read it.
bool may_use(const auth::KeyHolder& holder, const Route& route) {
  const std::string_view needed = route.options.key_scope;
  if (needed.empty()) return false;
  return holder.has_scope(needed) ||
         (needed == auth::kAdminReadScope && holder.has_scope(auth::kAdminScope));
}

// An API key from "Authorization: Bearer" or, if that header is absent, from X-API-Key.
Result<std::optional<std::string_view>> api_key_of(const http::Request& request) {
  const std::optional<std::string_view> token = TRY(bearer_token(request));
  if (token) return token->starts_with(auth::kApiKeyPrefix) ? token : std::nullopt;
  if (request.header("authorization")) return std::optional<std::string_view>{};
  return api_key_header(request);
}

Result<auth::Caller> require_user(const Api& api, const Route& route,
                                  const http::Request& request) {
  const std::optional<std::string_view> key = TRY(api_key_of(request));
  if (!key) return TRY(require_account(api, request));
  auth::KeyHolder holder = TRY(auth::authenticate_api_key(api.auth, *key, api.auth.clock.now()));
  if (may_use(holder, route)) return holder;
  return refused(ErrorCode::forbidden, "insufficient_scope", "The API key may not do this.");
}

// The form of a program, in which its guard and its endpoint find what they need.
using SentForm = std::optional<auth::Parameters>;

Result<auth::Parameters> read_form(const http::Request& request) {
  if (!changes_something(request)) return auth::Parameters();
  return auth::Parameters::read(TRY(http::form_pairs(request)));
}

// The caller, if the route's guard requires one; nullopt for the guard `none`. Errors: the guard's
// refusals.
Result<std::optional<auth::Caller>> pass_guard(const Api& api, const Route& route,
                                               const http::Request& request, SentForm& form) {
  using Passed = std::optional<auth::Caller>;
  if (changes_something(request)) TRY(check_session_header(request));
  switch (route.guard) {
    case Guard::none: return Passed{};
    case Guard::client: {
      form = TRY(read_form(request));
      // In two steps: g++ 12 takes the temporary of one step for uninitialised.
      auth::Caller program = TRY(require_client(api, request, *form));
      return Passed(std::move(program));
    }
    case Guard::any_client: {
      form = TRY(read_form(request));
      auth::Caller program =
          TRY(require_any_client(api, request, *form, route.options.reads_document));
      return Passed(std::move(program));
    }
    case Guard::account:
    case Guard::admin: break;
  }
  auth::Caller caller = TRY(require_user(api, route, request));
  if (route.guard == Guard::admin && !auth::user_behind(caller)->has_role(auth::kAdminRole)) {
    return Error{ErrorCode::forbidden, "Only an administrator may do this."};
  }
  return Passed(std::move(caller));
}

// Refuses a body where the operation has none. Errors: `invalid`, `malformed`.
Result<void> check_has_no_members(const Context& context) {
  const std::string_view type = context.request.header("content-type").value_or("");
  const std::string_view body = context.request.body;
  // Some clients send "null" for no body.
  if (body.empty() || body == "null" || !type.starts_with("application/json")) return {};
  TRY(context.form());
  return {};
}

// Calls the endpoint with the caller that it needs. takes_its_caller() has verified that the guard
// lets in no other kind.
struct CallEndpoint {
  const Context& context;
  const std::optional<auth::Caller>& caller;

  Reply operator()(Reply (*endpoint)(const Context&)) const { return endpoint(context); }
  Reply operator()(Reply (*endpoint)(const Context&, const auth::Person&)) const {
    return endpoint(context, std::get<auth::Person>(*caller));
  }
  Reply operator()(Reply (*endpoint)(const Context&, const auth::UserCaller&)) const {
    return endpoint(context, *auth::user_behind(*caller));
  }
  Reply operator()(Reply (*endpoint)(const Context&, const auth::Program&)) const {
    const auth::Program& program = std::get<auth::Program>(*caller);
    Reply reply = endpoint(context, program);
    if (!reply) {
      auth::note_refusal(context.auth(), program.client().id, context.request.path, reply.error(),
                         context.request.request_id);
    }
    return reply;
  }
};

// Whether the caller has just proved who they are. Error: `forbidden`, "reauthentication_required".
Result<void> check_proof(const Api& api, const auth::Caller& caller) {
  const auto* person = std::get_if<auth::Person>(&caller);
  return person == nullptr ? Result<void>{}
                           : auth::require_fresh_proof(*person, api.auth.clock.now());
}

Reply guarded(const Api& api, const Route& route, const Accepted* accepted,
              const http::Request& request, SentForm& form) {
  const std::optional<auth::Caller> caller = TRY(pass_guard(api, route, request, form));
  if (route.options.needs_proof) TRY(check_proof(api, *caller));
  if (route.options.needs_work) {
    TRY(auth::check_work(api.auth, api.work, request.header(kWorkHeader).value_or("")));
  }
  Context context{api, request, std::nullopt, false, accepted};
  if (form) context.program_form = &*form;
  if (const auto* user = caller ? auth::user_behind(*caller) : nullptr) {
    context.actor = user->user().id;
    context.by_api_key = std::holds_alternative<auth::KeyHolder>(*caller);
  }
  if (accepted != nullptr) {
    TRY(check_query(*accepted, request));
    if (accepted->members.empty()) TRY(check_has_no_members(context));
  }
  return std::visit(CallEndpoint{context, caller}, route.endpoint);
}

bool is_served(const Route& route, Features on) {
  return route.options.served_when.is_empty() || route.options.served_when.shares_one_with(on);
}

http::Reply error_reply(Dialect dialect, const Error& error, std::string_view request_id) {
  switch (dialect) {
    case Dialect::canonical: return http::error_reply(error, request_id);
    case Dialect::compat: return compat::error_reply(error, request_id);
    case Dialect::oauth: return oauth::error_reply(error, request_id);
  }
  __builtin_unreachable();
}

// The route in the form that the front needs.
http::Route front_route(const Api& api, const OpenApiSources& sources, const Route& route) {
  http::Route made{route.method, route.pattern, route.limit, route.lane, {}};
  made.max_body = route.options.max_body;
  made.takes_basic = route.options.takes_basic;
  made.waits_for = route.options.waits_for;
  made.parks = route.options.parks;
  made.hides_path = route.options.hides_path;
  made.for_any_origin = route.options.for_any_origin;
  made.is_probe = route.options.is_probe;
  made.handler = [&api, &route, accepted = sources.accepted(route)](
                     const http::Request& request) -> Result<http::Reply> {
    SentForm form;
    Result<http::Reply> reply = guarded(api, route, accepted ? &*accepted : nullptr, request, form);
    if (!reply) reply = error_reply(route.options.dialect, reply.error(), request.request_id);
    if (route.options.counts != nullptr)
      route.options.counts(api.auth, form ? &*form : nullptr, *reply);
    return reply;
  };
  // Memory for large bodies is only for callers who pass the guard.
  made.admits = [&api, &route](const http::Request& request) {
    SentForm form;
    return pass_guard(api, route, request, form).has_value();
  };
  return made;
}

// Envoy asks with the method of the original request, and with its path after ours. OpenAPI cannot
// describe such an operation, so these routes are not in the table.
void add_ext_authz(std::vector<http::Route>& routes, const Api& api) {
  for (const http::Method method : {get, post, put, patch, del, options}) {
    http::Route& route = routes.emplace_back();
    route.method = method;
    route.pattern = "/auth/ext_authz/:rules/*";
    route.limit = Limit::none;
    route.takes_basic = true;
    route.hides_path = true;
    route.handler = [&api](const http::Request& request) -> Result<http::Reply> {
      return verify_by_path({api, request});
    };
  }
}

}  // namespace

std::vector<Route> served_routes(const config::Config& config) {
  const Features on = features_of(config);
  const bool is_replica = !config.replica.of.empty();
  std::vector<Route> routes;
  for (const Route& route : all_routes()) {
    if (is_served(route, on) && (!is_replica || route.options.on_replica)) routes.push_back(route);
  }
  return routes;
}

std::vector<http::Route> http_routes(const Api& api) {
  const Features on = features_of(api.auth.config);
  const bool is_replica = api.auth.is_replica;
  const OpenApiSources sources = read_openapi_sources();
  std::vector<http::Route> routes;
  for (const Route& route : all_routes()) {
    if (is_served(route, on) && (!is_replica || route.options.on_replica))
      routes.push_back(front_route(api, sources, route));
  }
  add_ext_authz(routes, api);
  if (!is_replica) add_pages(routes, api);
  return routes;
}

}  // namespace authd::api
