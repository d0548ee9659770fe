#include "api/routes.h"

#include <algorithm>
#include <array>

#include "api/compat/compat.h"
#include "api/contract/openapi_sources.h"
#include "api/core/browser_session.h"
#include "api/core/guard.h"
#include "api/core/pictures.h"
#include "api/core/route_options.h"
#include "api/endpoints/endpoints.h"
#include "api/endpoints/pages.h"
#include "api/oauth/endpoints.h"
#include "api/oauth/error_reply.h"
#include "auth/accounts/api_keys.h"
#include "auth/core/api_key_text.h"
#include "auth/oauth/parameters.h"
#include "auth/sessions/roles.h"
#include "auth/sessions/step_up.h"
#include "base/refusal.h"
#include "http/app/error_reply.h"

namespace authd::api {
namespace {

using enum http::Method;
using http::Lane;
using http::Limit;

// The scopes of API keys. Changing how an account is accessed needs a proof that a key cannot give,
// so those routes have no scope.
using auth::kAdminReadScope;
using auth::kAdminScope;
using auth::kProfileReadScope;

// The lane says whether a route waits for a password hash or a commit (http/app/router.h).
constexpr std::array kRoutes = {
    Route{post, "/api/v1/auth/signup", Guard::none, Limit::signup, Lane::slow, &sign_up},
    Route{post, "/api/v1/setup", Guard::none, Limit::login, Lane::slow, &set_up},
    Route{post, "/api/v1/auth/login", Guard::none, Limit::login, Lane::slow, &log_in},
    Route{post, "/api/v1/auth/refresh", Guard::none, Limit::refresh, Lane::write, &refresh},
    Route{post, "/api/v1/auth/mfa", Guard::none, Limit::login, Lane::write, &answer_mfa},
    Route{post, "/api/v1/auth/reauthenticate", Guard::account, Limit::login, Lane::slow,
          &reauthenticate},
    Route{post, "/api/v1/auth/passkey/options", Guard::none, Limit::standard, Lane::fast,
          &begin_passkey_login},
    Route{post, "/api/v1/auth/passkey/verify", Guard::none, Limit::login, Lane::write,
          &log_in_by_passkey},
    Route{post, "/api/v1/auth/mfa/passkey/options", Guard::none, Limit::standard, Lane::fast,
          &begin_passkey_factor},
    Route{post, "/api/v1/auth/reauthenticate/options", Guard::account, Limit::standard, Lane::fast,
          &begin_passkey_proof},
    Route{post, "/api/v1/auth/signup/passkey/options", Guard::none, Limit::login, Lane::fast,
          &begin_sign_up_by_passkey},
    Route{post, "/api/v1/setup/passkey/options", Guard::none, Limit::login, Lane::write,
          &begin_set_up_by_passkey},
    Route{post, "/api/v1/auth/passkey/enroll/options", Guard::none, Limit::login, Lane::write,
          &begin_enrolment},
    Route{post, "/api/v1/auth/passkey/enroll", Guard::none, Limit::login, Lane::write, &enroll},
    Route{post, "/api/v1/auth/passkey/recover", Guard::none, Limit::login, Lane::write,
          &recover_by_code},
    Route{get, "/api/v1/auth/session", Guard::none, Limit::standard, Lane::fast, &get_session},
    Route{post, "/api/v1/auth/logout", Guard::none, Limit::standard, Lane::write, &log_out},
    Route{post, "/api/v1/auth/logout/all", Guard::account, Limit::standard, Lane::write,
          &log_out_everywhere},
    Route{post, "/api/v1/auth/password/change", Guard::account, Limit::login, Lane::slow,
          &change_password},

    Route{post, "/api/v1/auth/password/forgot", Guard::none, Limit::mail, Lane::write,
          &forgot_password},
    Route{post, "/api/v1/auth/password/reset", Guard::none, Limit::login, Lane::slow,
          &reset_password},
    Route{post, "/api/v1/auth/email/verify", Guard::none, Limit::login, Lane::slow, &verify_email},
    Route{post, "/api/v1/auth/email/link", Guard::none, Limit::login, Lane::write,
          &show_email_link},
    Route{post, "/api/v1/auth/email/stop", Guard::none, Limit::login, Lane::write,
          &stop_email_change},
    Route{post, "/api/v1/auth/email/resend", Guard::none, Limit::mail, Lane::write,
          &resend_verification},
    Route{post, "/api/v1/auth/email/change", Guard::account, Limit::mail, Lane::write,
          &change_email},
    Route{post, "/api/v1/auth/otp/send", Guard::none, Limit::mail, Lane::write, &send_code},
    Route{post, "/api/v1/auth/otp/verify", Guard::none, Limit::login, Lane::write, &verify_code},
    Route{post, "/api/v1/auth/magic-link", Guard::none, Limit::mail, Lane::write, &send_magic_link},
    Route{post, "/api/v1/auth/magic-link/verify", Guard::none, Limit::login, Lane::write,
          &verify_magic_link},

    // start and callback wait for another server. start writes a row, and callback fails without
    // one.
    Route{get, "/api/v1/auth/providers", Guard::none, Limit::standard, Lane::fast, &list_providers},
    Route{get, "/api/v1/auth/providers/:name/start", Guard::none, Limit::login, Lane::slow,
          &begin_federation},
    Route{get, "/api/v1/auth/providers/:name/callback", Guard::none, Limit::standard, Lane::slow,
          &finish_federation, kIgnoresUnknown},
    Route{post, "/api/v1/auth/providers/:name/callback", Guard::none, Limit::standard, Lane::write,
          &finish_federation_by_form, kIgnoresUnknown},
    Route{get, "/api/v1/users/me/identities", Guard::account, Limit::standard, Lane::fast,
          &list_identities},
    Route{del, "/api/v1/users/me/identities/:provider", Guard::account, Limit::standard,
          Lane::write, &unlink_identity},

    Route{post, "/api/v1/users/me/mfa/totp", Guard::account, Limit::login, Lane::write, &begin_totp,
          with_proof()},
    Route{post, "/api/v1/users/me/mfa/totp/confirm", Guard::account, Limit::login, Lane::write,
          &confirm_totp, with_proof()},
    Route{del, "/api/v1/users/me/mfa/totp", Guard::account, Limit::standard, Lane::write,
          &remove_totp, with_proof()},
    Route{post, "/api/v1/users/me/mfa/recovery-codes", Guard::account, Limit::login, Lane::write,
          &renew_recovery_codes, with_proof()},

    Route{get, "/api/v1/users/me/passkeys", Guard::account, Limit::standard, Lane::fast,
          &list_my_passkeys},
    Route{post, "/api/v1/users/me/passkeys/options", Guard::account, Limit::standard, Lane::write,
          &begin_passkey, with_proof()},
    Route{post, "/api/v1/users/me/passkeys", Guard::account, Limit::login, Lane::write,
          &add_my_passkey, with_proof()},
    Route{patch, "/api/v1/users/me/passkeys/:passkey", Guard::account, Limit::standard, Lane::write,
          &rename_my_passkey},
    Route{del, "/api/v1/users/me/passkeys/:passkey", Guard::account, Limit::standard, Lane::write,
          &remove_my_passkey, with_proof()},

    Route{get, "/api/v1/users/me", Guard::account, Limit::standard, Lane::fast, &get_me,
          for_keys(kProfileReadScope)},
    Route{get, "/api/v1/users/me/attributes", Guard::account, Limit::standard, Lane::fast,
          &list_my_attributes, for_keys(kProfileReadScope)},
    Route{patch, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &change_me},
    Route{put, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &change_me},
    Route{del, "/api/v1/users/me", Guard::account, Limit::standard, Lane::write, &delete_me,
          with_proof()},
    Route{get, "/api/v1/users/me/export", Guard::account, Limit::login, Lane::slow, &export_me},
    Route{put, "/api/v1/users/me/avatar", Guard::account, Limit::standard, Lane::slow,
          &put_my_avatar, body_up_to(kMaxAvatarBody)},
    Route{get, "/api/v1/users/me/avatar", Guard::account, Limit::standard, Lane::fast,
          &get_my_avatar},
    Route{del, "/api/v1/users/me/avatar", Guard::account, Limit::standard, Lane::write,
          &delete_my_avatar},
    Route{get, "/api/v1/users/:id/avatar", Guard::account, Limit::standard, Lane::fast,
          &get_avatar},
    Route{get, "/api/v1/users/me/sessions", Guard::account, Limit::standard, Lane::fast,
          &list_my_sessions},
    Route{del, "/api/v1/users/me/sessions/:id", Guard::account, Limit::standard, Lane::write,
          &end_my_session},

    Route{get, "/api/v1/users/me/api-keys", Guard::account, Limit::standard, Lane::fast,
          &list_my_api_keys},
    Route{post, "/api/v1/users/me/api-keys", Guard::account, Limit::login, Lane::write,
          &add_my_api_key, with_proof()},
    Route{del, "/api/v1/users/me/api-keys", Guard::account, Limit::standard, Lane::write,
          &revoke_my_api_keys, with_proof()},
    Route{del, "/api/v1/users/me/api-keys/:key", Guard::account, Limit::standard, Lane::write,
          &revoke_my_api_key, with_proof()},

    Route{get, "/api/v1/admin/attributes", Guard::admin, Limit::standard, Lane::fast,
          &list_attributes, for_keys(kAdminReadScope)},
    Route{get, "/api/v1/admin/users", Guard::admin, Limit::standard, Lane::fast, &list_users,
          for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/users", Guard::admin, Limit::standard, Lane::slow, &add_user,
          with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::fast, &show_user,
          for_keys(kAdminReadScope)},
    Route{patch, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::write,
          &change_user, with_proof(for_keys(kAdminScope))},
    Route{del, "/api/v1/admin/users/:id", Guard::admin, Limit::standard, Lane::write, &remove_user,
          with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/disable", Guard::admin, Limit::standard, Lane::write,
          &disable_user, with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/enable", Guard::admin, Limit::standard, Lane::write,
          &enable_user, with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/logout", Guard::admin, Limit::standard, Lane::write,
          &log_user_out, for_keys(kAdminScope)},
    Route{post, "/api/v1/admin/users/:id/password-reset", Guard::admin, Limit::standard,
          Lane::write, &send_reset, with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/mfa/reset", Guard::admin, Limit::standard, Lane::write,
          &reset_user_mfa, with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/unlock", Guard::admin, Limit::standard, Lane::write,
          &unlock_user, with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/users/:id/sessions", Guard::admin, Limit::standard, Lane::fast,
          &list_user_sessions, for_keys(kAdminReadScope)},
    Route{get, "/api/v1/admin/users/:id/api-keys", Guard::admin, Limit::standard, Lane::fast,
          &list_user_api_keys, for_keys(kAdminReadScope)},
    Route{del, "/api/v1/admin/users/:id/api-keys/:key", Guard::admin, Limit::standard, Lane::write,
          &revoke_user_api_key, for_keys(kAdminScope)},
    Route{get, "/api/v1/admin/users/:id/passkeys", Guard::admin, Limit::standard, Lane::fast,
          &list_user_passkeys, for_keys(kAdminReadScope)},
    Route{del, "/api/v1/admin/users/:id/passkeys/:passkey", Guard::admin, Limit::standard,
          Lane::write, &remove_user_passkey, with_proof(for_keys(kAdminScope))},
    Route{post, "/api/v1/admin/users/:id/enroll-link", Guard::admin, Limit::standard, Lane::write,
          &make_enroll_link, with_proof(for_keys(kAdminScope))},
    Route{del, "/api/v1/admin/users/:id/avatar", Guard::admin, Limit::standard, Lane::write,
          &remove_user_avatar, for_keys(kAdminScope)},
    Route{put, "/api/v1/admin/users/:id/roles/:role", Guard::admin, Limit::standard, Lane::write,
          &grant_user_role, with_proof(for_keys(kAdminScope))},
    Route{del, "/api/v1/admin/users/:id/roles/:role", Guard::admin, Limit::standard, Lane::write,
          &revoke_user_role, with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/roles", Guard::admin, Limit::standard, Lane::fast, &list_roles,
          for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/roles", Guard::admin, Limit::standard, Lane::write, &add_role,
          for_keys(kAdminScope)},
    Route{del, "/api/v1/admin/sessions/:id", Guard::admin, Limit::standard, Lane::write,
          &end_any_session, for_keys(kAdminScope)},
    Route{get, "/api/v1/admin/clients", Guard::admin, Limit::standard, Lane::fast, &list_clients,
          for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/clients", Guard::admin, Limit::standard, Lane::write, &add_client,
          with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/clients/:id", Guard::admin, Limit::standard, Lane::fast, &show_client,
          for_keys(kAdminReadScope)},
    Route{patch, "/api/v1/admin/clients/:id", Guard::admin, Limit::standard, Lane::write,
          &change_client, with_proof()},
    Route{del, "/api/v1/admin/clients/:id", Guard::admin, Limit::standard, Lane::write,
          &remove_client, with_proof(for_keys(kAdminScope))},
    Route{put, "/api/v1/admin/clients/:id/logo", Guard::admin, Limit::standard, Lane::slow,
          &put_client_logo, with_proof(body_up_to(kMaxAvatarBody))},
    Route{del, "/api/v1/admin/clients/:id/logo", Guard::admin, Limit::standard, Lane::write,
          &remove_client_logo, with_proof()},
    Route{get, "/api/v1/admin/clients/:id/preview", Guard::admin, Limit::standard, Lane::fast,
          &preview_client, for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/clients/:id/secrets", Guard::admin, Limit::standard, Lane::write,
          &add_client_secret, with_proof()},
    Route{del, "/api/v1/admin/clients/:id/secrets/:secret", Guard::admin, Limit::standard,
          Lane::write, &revoke_client_secret, with_proof()},
    Route{get, "/api/v1/admin/resources", Guard::admin, Limit::standard, Lane::fast,
          &list_resources, for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/resources", Guard::admin, Limit::standard, Lane::write,
          &add_resource, with_proof(for_keys(kAdminScope))},
    Route{patch, "/api/v1/admin/resources", Guard::admin, Limit::standard, Lane::write,
          &change_resource, with_proof(for_keys(kAdminScope))},
    Route{del, "/api/v1/admin/resources", Guard::admin, Limit::standard, Lane::write,
          &remove_resource, with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/keys", Guard::admin, Limit::standard, Lane::fast, &list_keys,
          for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/keys/rotate", Guard::admin, Limit::standard, Lane::write,
          &rotate_keys, with_proof(for_keys(kAdminScope))},
    Route{get, "/api/v1/admin/audit", Guard::admin, Limit::standard, Lane::slow, &list_audit,
          for_keys(kAdminReadScope)},
    Route{get, "/api/v1/admin/mail", Guard::admin, Limit::standard, Lane::slow, &list_mail,
          for_keys(kAdminReadScope)},
    Route{post, "/api/v1/admin/mail/:id/retry", Guard::admin, Limit::standard, Lane::write,
          &retry_mail, for_keys(kAdminScope)},
    Route{del, "/api/v1/admin/mail/:id", Guard::admin, Limit::standard, Lane::write, &purge_mail,
          for_keys(kAdminScope)},
    Route{get, "/api/v1/admin/settings", Guard::admin, Limit::standard, Lane::fast, &show_settings,
          for_keys(kAdminReadScope)},
    Route{get, "/api/v1/doctor/:token", Guard::none, Limit::standard, Lane::fast, &show_probe,
          kHidesPath},

    Route{get, "/oauth2/authorize", Guard::none, Limit::standard, Lane::write, &oauth::authorize,
          for_browsers()},
    Route{post, "/oauth2/authorize", Guard::none, Limit::standard, Lane::fast,
          &oauth::authorize_by_form, for_browsers()},
    Route{get, "/oauth2/authorize/:request", Guard::none, Limit::standard, Lane::write,
          &oauth::go_on, for_browsers(kHidesPath)},
    Route{get, "/oauth2/clients/:id/logo", Guard::none, Limit::files, Lane::fast,
          &oauth::show_client_logo, while_on(Feature::provider)},
    Route{get, "/oauth2/logout", Guard::none, Limit::standard, Lane::write, &oauth::log_out,
          for_browsers()},
    Route{post, "/oauth2/logout", Guard::none, Limit::standard, Lane::fast, &oauth::log_out_by_form,
          for_browsers()},
    Route{get, "/api/v1/oauth/requests/:request", Guard::account, Limit::standard, Lane::fast,
          &oauth::show_request, while_provided(kHidesPath)},
    Route{post, "/api/v1/oauth/requests/:request", Guard::account, Limit::standard, Lane::write,
          &oauth::answer_request, while_provided(kHidesPath)},
    Route{get, "/api/v1/users/me/apps", Guard::account, Limit::standard, Lane::fast,
          &oauth::list_my_apps},
    Route{get, "/api/v1/users/me/grants", Guard::account, Limit::standard, Lane::fast,
          &oauth::list_my_grants},
    Route{del, "/api/v1/users/me/grants/:id", Guard::account, Limit::standard, Lane::write,
          &oauth::end_my_grant},
    Route{get, "/api/v1/users/me/consents", Guard::account, Limit::standard, Lane::fast,
          &oauth::list_my_consents},
    Route{del, "/api/v1/users/me/consents/:client", Guard::account, Limit::standard, Lane::write,
          &oauth::withdraw_my_consent},

    // What the pages at these addresses send without scripts.
    Route{post, "/signin", Guard::none, Limit::login, Lane::slow, &sign_in_by_form,
          kIgnoresUnknown},
    Route{post, "/signin/code", Guard::none, Limit::login, Lane::write, &answer_code_by_form,
          kIgnoresUnknown},
    Route{post, "/consent", Guard::none, Limit::standard, Lane::write, &consent_by_form,
          while_provided(kIgnoresUnknown)},

    // Programs ask these from one address for all of their users, so there is no limit per address.
    Route{post, "/oauth2/token", Guard::any_client, Limit::none, Lane::write, &oauth::issue,
          for_scripts()},
    Route{get, "/oauth2/userinfo", Guard::none, Limit::none, Lane::fast, &oauth::show_userinfo,
          for_scripts()},
    Route{post, "/oauth2/userinfo", Guard::none, Limit::none, Lane::fast, &oauth::show_userinfo,
          for_scripts()},
    Route{post, "/oauth2/introspect", Guard::client, Limit::none, Lane::fast, &oauth::introspect,
          of_provider()},
    Route{post, "/oauth2/revoke", Guard::any_client, Limit::none, Lane::write, &oauth::revoke,
          of_provider({.for_any_origin = true})},
    Route{get, "/.well-known/jwks.json", Guard::none, Limit::none, Lane::fast, &oauth::show_keys,
          of_provider({.for_any_origin = true})},
    Route{get, "/.well-known/openid-configuration", Guard::none, Limit::none, Lane::fast,
          &oauth::show_metadata, for_scripts()},
    Route{get, "/.well-known/oauth-authorization-server", Guard::none, Limit::none, Lane::fast,
          &oauth::show_metadata, for_scripts()},
    Route{get, "/.well-known/webauthn", Guard::none, Limit::standard, Lane::fast,
          &show_related_origins, kIgnoresUnknown},
    Route{get, "/.well-known/passkey-endpoints", Guard::none, Limit::standard, Lane::fast,
          &show_passkey_pages, kIgnoresUnknown},
    Route{get, "/.well-known/webfinger", Guard::none, Limit::none, Lane::fast, &oauth::show_issuer,
          for_scripts()},
    Route{get, "/auth/verify", Guard::none, Limit::none, Lane::fast, &verify, kVerify},

    Route{post, "/users", Guard::none, Limit::signup, Lane::slow, &compat::secureauth_sign_up,
          of_api(Feature::secureauth)},
    Route{post, "/auth/login", Guard::none, Limit::login, Lane::slow, &compat::secureauth_log_in,
          of_api(Feature::secureauth)},
    Route{get, "/users/me", Guard::account, Limit::standard, Lane::fast, &compat::secureauth_me,
          of_api(Feature::secureauth)},

    Route{post, "/user", Guard::none, Limit::signup, Lane::slow, &compat::facade_add_user,
          of_api(Feature::facade)},
    Route{get, "/user", Guard::account, Limit::standard, Lane::write, &compat::facade_show_user,
          of_api(Feature::facade)},
    Route{put, "/user", Guard::account, Limit::login, Lane::slow, &compat::facade_change_user,
          of_api(Feature::facade)},
    Route{del, "/user", Guard::account, Limit::standard, Lane::write, &compat::facade_remove_user,
          of_api(Feature::facade, with_proof())},
    Route{post, "/authenticate_user", Guard::none, Limit::login, Lane::slow, &compat::facade_log_in,
          of_api(Feature::facade)},
    // Programs ask this from one address for all of their users.
    Route{post, "/validate_token", Guard::none, Limit::none, Lane::write, &compat::facade_validate,
          of_api(Feature::facade)},
    Route{post, "/logout", Guard::none, Limit::standard, Lane::write, &compat::log_out,
          of_api(Feature::facade | Feature::oauthapp)},

    Route{get, "/api/health", Guard::none, Limit::none, Lane::fast, &compat::fastapi_health,
          of_api(Feature::fastapi, kProbe)},

    Route{post, "/signup", Guard::none, Limit::signup, Lane::slow, &compat::oauthapp_sign_up,
          of_api(Feature::oauthapp, body_up_to(kMaxPictureBody))},
    Route{post, "/login", Guard::none, Limit::login, Lane::slow, &compat::oauthapp_log_in,
          of_api(Feature::oauthapp)},
    Route{post, "/refresh", Guard::none, Limit::refresh, Lane::write, &compat::oauthapp_refresh,
          of_api(Feature::oauthapp)},
    Route{post, "/send-otp", Guard::none, Limit::mail, Lane::write, &compat::oauthapp_send_code,
          of_api(Feature::oauthapp)},
    Route{post, "/verify-otp", Guard::none, Limit::login, Lane::slow, &compat::oauthapp_verify_code,
          of_api(Feature::oauthapp)},
    Route{get, "/auth/google", Guard::none, Limit::login, Lane::slow, &compat::oauthapp_google,
          of_api(Feature::oauthapp)},
    Route{get, "/auth/google/callback", Guard::none, Limit::standard, Lane::slow,
          &compat::oauthapp_google_callback, of_api(Feature::oauthapp)},
    Route{get, "/confirm/:token", Guard::none, Limit::login, Lane::write, &compat::oauthapp_confirm,
          of_api(Feature::oauthapp, kHidesPath)},
    Route{post, "/resend-confirmation", Guard::none, Limit::mail, Lane::write,
          &compat::oauthapp_resend, of_api(Feature::oauthapp)},
    Route{post, "/forgot-password", Guard::none, Limit::mail, Lane::write, &compat::oauthapp_forgot,
          of_api(Feature::oauthapp)},
    Route{post, "/reset-password/:token", Guard::none, Limit::login, Lane::slow,
          &compat::oauthapp_reset, of_api(Feature::oauthapp, kHidesPath)},
    Route{post, "/mfa", Guard::account, Limit::login, Lane::write, &compat::oauthapp_begin_mfa,
          of_api(Feature::oauthapp, with_proof())},
    Route{put, "/mfa", Guard::account, Limit::login, Lane::write, &compat::oauthapp_confirm_mfa,
          of_api(Feature::oauthapp, with_proof())},
    Route{get, "/profile", Guard::account, Limit::standard, Lane::fast,
          &compat::oauthapp_show_profile, of_api(Feature::oauthapp)},
    Route{put, "/profile", Guard::account, Limit::standard, Lane::slow,
          &compat::oauthapp_change_profile, of_api(Feature::oauthapp, body_up_to(kMaxPictureBody))},

    Route{get, "/openapi.json", Guard::none, Limit::files, Lane::fast, &openapi,
          while_on(Feature::docs)},
    Route{get, "/docs", Guard::none, Limit::files, Lane::fast, &docs, while_on(Feature::docs)},
    Route{get, "/redoc", Guard::none, Limit::files, Lane::fast, &redoc, while_on(Feature::docs)},
    Route{get, "/livez", Guard::none, Limit::none, Lane::fast, &live, kProbe},
    Route{get, "/readyz", Guard::none, Limit::none, Lane::fast, &ready, kProbe},
    Route{get, "/health", Guard::none, Limit::none, Lane::fast, &health, kProbe},
    Route{get, "/metrics", Guard::none, Limit::none, Lane::fast, &metrics,
          while_on(Feature::metrics)},
};

// Whether the route's endpoint takes a caller that its guard lets in.
constexpr bool takes_its_caller(const Route& route) {
  const size_t taken = route.endpoint.index();
  if (taken == 0) return true;
  const bool is_for_keys = !route.options.key_scope.empty();
  switch (route.guard) {
    case Guard::none: return false;
    case Guard::account:
    case Guard::admin: return taken == (is_for_keys ? 2 : 1);
    case Guard::client:
    case Guard::any_client: return taken == 3;
  }
  return false;
}
static_assert(std::all_of(kRoutes.begin(), kRoutes.end(), &takes_its_caller));

// Only a guard for people provides somebody who could give a proof.
static_assert(std::none_of(kRoutes.begin(), kRoutes.end(), [](const Route& route) {
  return route.options.needs_proof && route.guard != Guard::account && route.guard != Guard::admin;
}));

// Whether the key may call the route. A key with full access to the admin API may also read it.
bool may_use(const auth::KeyHolder& holder, const Route& route) {
  const std::string_view needed = route.options.key_scope;
  if (needed.empty()) return false;
  return holder.has_scope(needed) || (needed == kAdminReadScope && holder.has_scope(kAdminScope));
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
      auth::Caller program = TRY(require_any_client(api, request, *form));
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
    return endpoint(context, std::get<auth::Program>(*caller));
  }
};

// Whether the caller has just proved who they are. Error: `forbidden`, "reauthentication_required".
Result<void> check_proof(const Api& api, const auth::Caller& caller) {
  const auto* person = std::get_if<auth::Person>(&caller);
  return person == nullptr ? Result<void>{}
                           : auth::require_fresh_proof(*person, api.auth.clock.now());
}

Reply guarded(const Api& api, const Route& route, const Accepted* accepted,
              const http::Request& request) {
  SentForm form;
  const std::optional<auth::Caller> caller = TRY(pass_guard(api, route, request, form));
  if (route.options.needs_proof) TRY(check_proof(api, *caller));
  Context context{api, request, UserId{}, false, accepted};
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
  made.hides_path = route.options.hides_path;
  made.for_any_origin = route.options.for_any_origin;
  made.is_probe = route.options.is_probe;
  made.handler = [&api, &route, accepted = sources.accepted(route)](
                     const http::Request& request) -> Result<http::Reply> {
    Result<http::Reply> reply = guarded(api, route, accepted ? &*accepted : nullptr, request);
    if (reply) return reply;
    return error_reply(route.options.dialect, reply.error(), request.request_id);
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

std::span<const Route> all_routes() {
  return kRoutes;
}

std::vector<Route> served_routes(const config::Config& config) {
  const Features on = features_of(config);
  std::vector<Route> routes;
  for (const Route& route : kRoutes) {
    if (is_served(route, on)) routes.push_back(route);
  }
  return routes;
}

std::vector<http::Route> http_routes(const Api& api) {
  const Features on = features_of(api.auth.config);
  const OpenApiSources sources = read_openapi_sources();
  std::vector<http::Route> routes;
  for (const Route& route : kRoutes) {
    if (is_served(route, on)) routes.push_back(front_route(api, sources, route));
  }
  add_ext_authz(routes, api);
  add_pages(routes, api);
  return routes;
}

}  // namespace authd::api
