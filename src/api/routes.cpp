#include "api/routes.h"

#include <array>

#include "api/endpoints.h"
#include "auth/roles.h"

namespace authd::api {
namespace {

using enum http::Method;
using http::Lane;
using http::Limit;

// Who waits for a password or a commit says so by its lane (http/router.h).
constexpr std::array kRoutes = {
    Route{post, "/api/v1/auth/signup", Guard::none, Limit::signup, Lane::slow, &sign_up},
    Route{post, "/api/v1/setup", Guard::none, Limit::login, Lane::slow, &set_up},
    Route{post, "/api/v1/auth/login", Guard::none, Limit::login, Lane::slow, &log_in},
    Route{post, "/api/v1/auth/refresh", Guard::none, Limit::refresh, Lane::write, &refresh},
    Route{post, "/api/v1/auth/mfa", Guard::none, Limit::login, Lane::write, &answer_mfa},
    Route{post, "/api/v1/auth/reauthenticate", Guard::account, Limit::login, Lane::slow,
          &reauthenticate},
    Route{post, "/api/v1/auth/logout", Guard::none, Limit::standard, Lane::write, &log_out},
    Route{post, "/api/v1/auth/logout/all", Guard::account, Limit::standard, Lane::write,
          &log_out_everywhere},
    Route{post, "/api/v1/auth/password/change", Guard::account, Limit::login, Lane::slow,
          &change_password},

    Route{post, "/api/v1/auth/password/forgot", Guard::none, Limit::mail, Lane::write,
          &forgot_password},
    Route{post, "/api/v1/auth/password/reset", Guard::none, Limit::login, Lane::slow,
          &reset_password},
    Route{post, "/api/v1/auth/email/verify", Guard::none, Limit::login, Lane::write, &verify_email},
    Route{post, "/api/v1/auth/email/resend", Guard::none, Limit::mail, Lane::write,
          &resend_verification},
    Route{post, "/api/v1/auth/email/change", Guard::account, Limit::mail, Lane::write,
          &change_email},
    Route{post, "/api/v1/auth/otp/send", Guard::none, Limit::mail, Lane::write, &send_code},
    Route{post, "/api/v1/auth/otp/verify", Guard::none, Limit::login, Lane::write, &verify_code},
    Route{post, "/api/v1/auth/magic-link", Guard::none, Limit::mail, Lane::write, &send_magic_link},
    Route{post, "/api/v1/auth/magic-link/verify", Guard::none, Limit::login, Lane::write,
          &verify_magic_link},

    // They wait for another server. The first makes a row, and the second goes nowhere without one.
    Route{get, "/api/v1/auth/providers", Guard::none, Limit::standard, Lane::fast, &list_providers},
    Route{get, "/api/v1/auth/providers/:name/start", Guard::none, Limit::login, Lane::slow,
          &begin_federation},
    Route{get, "/api/v1/auth/providers/:name/callback", Guard::none, Limit::standard, Lane::slow,
          &finish_federation},
    Route{get, "/api/v1/users/me/identities", Guard::account, Limit::standard, Lane::fast,
          &list_identities},
    Route{del, "/api/v1/users/me/identities/:provider", Guard::account, Limit::standard,
          Lane::write, &unlink_identity},

    Route{post, "/api/v1/users/me/mfa/totp", Guard::account, Limit::login, Lane::write,
          &begin_totp},
    Route{post, "/api/v1/users/me/mfa/totp/confirm", Guard::account, Limit::login, Lane::write,
          &confirm_totp},
    Route{del, "/api/v1/users/me/mfa/totp", Guard::account, Limit::standard, Lane::write,
          &remove_totp},
    Route{post, "/api/v1/users/me/mfa/recovery-codes", Guard::account, Limit::login, Lane::write,
          &renew_recovery_codes},

    Route{get, "/api/v1/users/me", Guard::account, Limit::standard, Lane::fast, &get_me},
    Route{patch, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &change_me},
    Route{put, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &change_me},
    Route{del, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &delete_me},
    Route{get, "/api/v1/users/me/sessions", Guard::account, Limit::standard, Lane::fast,
          &list_my_sessions},
    Route{del, "/api/v1/users/me/sessions/:id", Guard::account, Limit::standard, Lane::write,
          &end_my_session},

    Route{get, "/api/v1/admin/users", Guard::admin, Limit::standard, Lane::fast, &list_users},
    Route{post, "/api/v1/admin/users", Guard::admin, Limit::standard, Lane::slow, &add_user},
    Route{get, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::fast, &show_user},
    Route{patch, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::write,
          &change_user},
    Route{del, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::write, &remove_user},
    Route{post, "/api/v1/admin/users/:id/disable", Guard::admin, Limit::standard, Lane::write,
          &disable_user},
    Route{post, "/api/v1/admin/users/:id/enable", Guard::admin, Limit::standard, Lane::write,
          &enable_user},
    Route{post, "/api/v1/admin/users/:id/logout", Guard::admin, Limit::standard, Lane::write,
          &log_user_out},
    Route{post, "/api/v1/admin/users/:id/password-reset", Guard::admin, Limit::standard,
          Lane::write, &send_reset},
    Route{post, "/api/v1/admin/users/:id/mfa/reset", Guard::admin, Limit::standard, Lane::write,
          &reset_user_mfa},
    Route{post, "/api/v1/admin/users/:id/unlock", Guard::admin, Limit::standard, Lane::write,
          &unlock_user},
    Route{get, "/api/v1/admin/users/:id/sessions", Guard::admin, Limit::standard, Lane::fast,
          &list_user_sessions},
    Route{put, "/api/v1/admin/users/:id/roles/:role", Guard::admin, Limit::standard, Lane::write,
          &grant_user_role},
    Route{del, "/api/v1/admin/users/:id/roles/:role", Guard::admin, Limit::standard, Lane::write,
          &revoke_user_role},
    Route{get, "/api/v1/admin/roles", Guard::admin, Limit::standard, Lane::fast, &list_roles},
    Route{post, "/api/v1/admin/roles", Guard::admin, Limit::standard, Lane::write, &add_role},
    Route{del, "/api/v1/admin/sessions/:id", Guard::admin, Limit::standard, Lane::write,
          &end_any_session},
    Route{get, "/api/v1/admin/clients", Guard::admin, Limit::standard, Lane::fast, &list_clients},
    Route{post, "/api/v1/admin/clients", Guard::admin, Limit::standard, Lane::write, &add_client},
    Route{del, "/api/v1/admin/clients/:id", Guard::admin, Limit::standard, Lane::write,
          &remove_client},
    Route{get, "/api/v1/admin/keys", Guard::admin, Limit::standard, Lane::fast, &list_keys},
    Route{post, "/api/v1/admin/keys/rotate", Guard::admin, Limit::standard, Lane::write,
          &rotate_keys},
    Route{get, "/api/v1/admin/audit", Guard::admin, Limit::standard, Lane::slow, &list_audit},
    Route{get, "/api/v1/admin/mail", Guard::admin, Limit::standard, Lane::slow, &list_mail},
    Route{post, "/api/v1/admin/mail/:id/retry", Guard::admin, Limit::standard, Lane::write,
          &retry_mail},
    Route{del, "/api/v1/admin/mail/:id", Guard::admin, Limit::standard, Lane::write, &purge_mail},
    Route{get, "/api/v1/admin/settings", Guard::admin, Limit::standard, Lane::fast, &show_settings},

    // Programs behind one address ask these for all of their users, so they are not counted by
    // address.
    Route{post, "/oauth2/introspect", Guard::none, Limit::none, Lane::fast, &introspect},
    Route{post, "/oauth2/revoke", Guard::none, Limit::none, Lane::write, &revoke},
    Route{get, "/.well-known/jwks.json", Guard::none, Limit::none, Lane::fast, &jwks},
    Route{get, "/auth/verify", Guard::bearer, Limit::none, Lane::fast, &verify},

    Route{get, "/livez", Guard::none, Limit::none, Lane::fast, &live},
    Route{get, "/readyz", Guard::none, Limit::none, Lane::fast, &ready},
    Route{get, "/health", Guard::none, Limit::none, Lane::fast, &health},
    Route{get, "/metrics", Guard::none, Limit::none, Lane::fast, &metrics},
};

Result<http::Reply> guarded(const Api& api, const Route& route, const http::Request& request) {
  Context context{api, request, std::nullopt};
  if (route.guard == Guard::bearer) context.caller = TRY(require_bearer(api, request));
  if (route.guard == Guard::account || route.guard == Guard::admin) {
    context.caller = TRY(require_account(api, request));
  }
  if (route.guard == Guard::admin && !context.caller->has_role(auth::kAdminRole)) {
    return Error{ErrorCode::forbidden, "Only an administrator may do this."};
  }
  return route.endpoint(context);
}

}  // namespace

std::span<const Route> all_routes() {
  return kRoutes;
}

std::vector<http::Route> http_routes(const Api& api) {
  std::vector<http::Route> routes;
  for (const Route& route : kRoutes) {
    if (route.endpoint == &metrics && !api.auth.config.metrics.enabled) continue;
    http::Route made{route.method, route.pattern, route.limit, route.lane, {}};
    made.handler = [&api, &route](const http::Request& request) {
      return guarded(api, route, request);
    };
    routes.push_back(std::move(made));
  }
  return routes;
}

}  // namespace authd::api
