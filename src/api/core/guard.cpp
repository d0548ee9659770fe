#include "api/core/guard.h"

#include <map>

#include "api/core/browser_session.h"
#include "auth/core/caller.h"
#include "auth/sessions/access_token.h"
#include "auth/sessions/clients.h"
#include "base/encoding.h"
#include "base/refusal.h"
#include "http/wire/body.h"
#include "http/wire/head.h"

namespace authd::api {

Result<auth::Person> require_bearer(const Api& api, const http::Request& request) {
  const std::optional<std::string_view> token = TRY(bearer_token(request));
  if (token) return auth::authenticate(api.auth, *token, api.auth.clock.now());
  // An Authorization header takes precedence, whatever its value, because it was sent on purpose.
  if (!request.header("authorization")) {
    if (auto caller = TRY(cookie_caller(api, request, changes_something(request)))) {
      return std::move(*caller);
    }
  }
  return Error{ErrorCode::unauthenticated, "An access token is needed (Authorization: Bearer …)."};
}

Result<auth::Person> require_account(const Api& api, const http::Request& request) {
  Result<auth::Person> caller = require_bearer(api, request);
  if (!caller || caller->has_scope(auth::kAccountScope)) return caller;
  return refused(ErrorCode::forbidden, "insufficient_scope",
                 "The token may not act on the account.");
}

Result<auth::Program> require_client(const Api& api, const http::Request& request) {
  constexpr std::string_view kScheme = "Basic ";
  const std::map<std::string, std::string> form = TRY(http::form_body(request));
  const auto value_of = [&](const char* name) {
    const auto at = form.find(name);
    return at == form.end() ? "" : at->second;
  };
  std::string id = value_of("client_id");
  std::string secret = value_of("client_secret");
  const std::optional<std::string_view> header = request.header("authorization");
  if (header && http::equal_names(header->substr(0, kScheme.size()), kScheme)) {
    const std::optional<std::string> pair = base64_decode(header->substr(kScheme.size()));
    const size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos || !secret.empty() ||
        request.header_count("authorization") > 1) {
      return auth::invalid_client();
    }
    id = pair->substr(0, colon);
    secret = pair->substr(colon + 1);
  }
  return auth::authenticate_client(api.auth, id, ClientSecret(std::move(secret)));
}

std::optional<std::string> own_session(const Context& context) {
  const Result<auth::Person> caller = require_account(context.api, context.request);
  if (!caller) return std::nullopt;
  return caller->session().id;
}

}  // namespace authd::api
