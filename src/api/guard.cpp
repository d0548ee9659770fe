#include "api/guard.h"

#include "api/browser_session.h"
#include "auth/core/caller.h"
#include "auth/sessions/access_token.h"
#include "base/refusal.h"

namespace authd::api {

Result<auth::Caller> require_bearer(const Api& api, const http::Request& request) {
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

Result<auth::Caller> require_account(const Api& api, const http::Request& request) {
  Result<auth::Caller> caller = require_bearer(api, request);
  if (!caller || caller->claims()->has_scope(auth::kAccountScope)) return caller;
  return refused(ErrorCode::forbidden, "insufficient_scope",
                 "The token may not act on the account.");
}

std::string own_session(const Context& context) {
  const Result<auth::Caller> caller = require_account(context.api, context.request);
  return caller ? caller->session().id : "";
}

}  // namespace authd::api
