// All endpoints, grouped by file. Each parses its input, calls one function of auth/, and renders
// the result.
#pragma once

#include "api/core/context.h"
#include "auth/accounts/account/accounts.h"
#include "auth/accounts/changes/credential_change.h"
#include "auth/signin/reauthentication.h"
#include "base/json.h"

namespace authd::api {

// login.cpp
Result<http::Reply> sign_up(const Context& context);
Result<http::Reply> set_up(const Context& context);
Result<http::Reply> log_in(const Context& context);
Result<http::Reply> refresh(const Context& context);
Result<http::Reply> log_out(const Context& context);
Result<http::Reply> log_out_everywhere(const Context& context, const auth::Person& person);
Result<http::Reply> log_out_elsewhere(const Context& context, const auth::Person& person);
Result<http::Reply> change_password(const Context& context, const auth::Person& person);

Result<http::Reply> answer_mfa(const Context& context);
Result<http::Reply> answer_steps(const Context& context);
Result<http::Reply> reauthenticate(const Context& context, const auth::Person& person);

// plain_forms.cpp
Result<http::Reply> sign_in_by_form(const Context& context);
Result<http::Reply> answer_code_by_form(const Context& context);
Result<http::Reply> answer_steps_by_form(const Context& context);
Result<http::Reply> consent_by_form(const Context& context);

// device_forms.cpp
Result<http::Reply> device_by_form(const Context& context);

// session_state.cpp
Result<http::Reply> show_work(const Context& context);
Result<http::Reply> get_session(const Context& context);

// recovery.cpp
Result<http::Reply> forgot_password(const Context& context);
Result<http::Reply> reset_password(const Context& context);
Result<http::Reply> verify_email(const Context& context);
Result<http::Reply> show_email_link(const Context& context);
Result<http::Reply> stop_email_change(const Context& context);
Result<http::Reply> resend_verification(const Context& context);
Result<http::Reply> change_email(const Context& context, const auth::Person& person);

// passwordless.cpp
Result<http::Reply> send_code(const Context& context);
Result<http::Reply> verify_code(const Context& context);
Result<http::Reply> send_magic_link(const Context& context);
Result<http::Reply> verify_magic_link(const Context& context);

// invitations.cpp
Result<http::Reply> add_invitation(const Context& context);
Result<http::Reply> add_invitations(const Context& context);
Result<http::Reply> list_invitations(const Context& context);
Result<http::Reply> revoke_invitation(const Context& context);
Result<http::Reply> show_invitation(const Context& context);

// federation.cpp
Result<http::Reply> list_providers(const Context& context);
Result<http::Reply> begin_federation(const Context& context);
Result<http::Reply> finish_federation(const Context& context);
Result<http::Reply> finish_federation_by_form(const Context& context);
Result<http::Reply> list_identities(const Context& context, const auth::Person& person);
Result<http::Reply> unlink_identity(const Context& context, const auth::Person& person);
Result<http::Reply> list_user_identities(const Context& context);
Result<http::Reply> unlink_user_identity(const Context& context);

// second_factor.cpp
Result<http::Reply> begin_totp(const Context& context, const auth::Person& person);
Result<http::Reply> confirm_totp(const Context& context, const auth::Person& person);
Result<http::Reply> remove_totp(const Context& context, const auth::Person& person);
Result<http::Reply> renew_recovery_codes(const Context& context, const auth::Person& person);

// passkeys.cpp
Result<http::Reply> begin_passkey_login(const Context& context);
Result<http::Reply> log_in_by_passkey(const Context& context);
Result<http::Reply> begin_passkey_factor(const Context& context);
Result<http::Reply> begin_passkey_proof(const Context& context, const auth::Person& person);
Result<http::Reply> begin_passkey(const Context& context, const auth::Person& person);
Result<http::Reply> add_my_passkey(const Context& context, const auth::Person& person);
Result<http::Reply> list_my_passkeys(const Context& context, const auth::Person& person);
Result<http::Reply> rename_my_passkey(const Context& context, const auth::Person& person);
Result<http::Reply> remove_my_passkey(const Context& context, const auth::Person& person);
Result<http::Reply> list_user_passkeys(const Context& context);
Result<http::Reply> remove_user_passkey(const Context& context);
Result<http::Reply> begin_sign_up_by_passkey(const Context& context);
Result<http::Reply> begin_set_up_by_passkey(const Context& context);
Result<http::Reply> begin_enrolment(const Context& context);
Result<http::Reply> enroll(const Context& context);
Result<http::Reply> recover_by_code(const Context& context);
Result<http::Reply> make_enroll_link(const Context& context);
Result<http::Reply> show_related_origins(const Context& context);
Result<http::Reply> show_passkey_pages(const Context& context);

// me.cpp
Result<http::Reply> get_me(const Context& context, const auth::UserCaller& caller);
Result<http::Reply> list_my_attributes(const Context& context, const auth::UserCaller& caller);
Result<http::Reply> change_me(const Context& context, const auth::Person& person);
Result<http::Reply> delete_me(const Context& context, const auth::Person& person);
Result<http::Reply> list_my_activity(const Context& context, const auth::Person& person);
Result<http::Reply> list_my_sessions(const Context& context, const auth::Person& person);
Result<http::Reply> end_my_session(const Context& context, const auth::Person& person);

// devices.cpp
Result<http::Reply> list_my_devices(const Context& context, const auth::Person& person);
Result<http::Reply> forget_my_device(const Context& context, const auth::Person& person);
Result<http::Reply> forget_my_devices(const Context& context, const auth::Person& person);
Result<http::Reply> list_user_devices(const Context& context);
Result<http::Reply> forget_user_device(const Context& context);
Result<http::Reply> forget_user_devices(const Context& context);

// avatar.cpp
Result<http::Reply> put_my_avatar(const Context& context, const auth::Person& person);
Result<http::Reply> get_my_avatar(const Context& context, const auth::Person& person);
Result<http::Reply> get_avatar(const Context& context);
Result<http::Reply> delete_my_avatar(const Context& context, const auth::Person& person);
Result<http::Reply> remove_user_avatar(const Context& context);

// personal_data.cpp
Result<http::Reply> export_me(const Context& context, const auth::Person& person);

// Applies the changes in the form to the caller's own profile.
Result<auth::AccountView> change_own_profile(const Context& context, const auth::Person& person,
                                             const JsonObject& form, const auth::Origin& origin,
                                             auth::AttributeChanges attributes = {});

// admin_users.cpp
Result<http::Reply> list_attributes(const Context& context);
Result<http::Reply> list_users(const Context& context);
Result<http::Reply> change_users(const Context& context);
Result<http::Reply> add_user(const Context& context);
Result<http::Reply> show_user(const Context& context);
Result<http::Reply> show_user_access(const Context& context);
Result<http::Reply> change_user(const Context& context);
Result<http::Reply> remove_user(const Context& context);
Result<http::Reply> disable_user(const Context& context);
Result<http::Reply> enable_user(const Context& context);
Result<http::Reply> log_user_out(const Context& context);
Result<http::Reply> send_reset(const Context& context);
Result<http::Reply> reset_user_mfa(const Context& context);
Result<http::Reply> unlock_user(const Context& context);
Result<http::Reply> list_user_sessions(const Context& context, const auth::UserCaller& caller);
Result<http::Reply> grant_user_role(const Context& context);
Result<http::Reply> revoke_user_role(const Context& context);

// admin_system.cpp
Result<http::Reply> list_roles(const Context& context);
Result<http::Reply> add_role(const Context& context);
Result<http::Reply> put_role(const Context& context);
Result<http::Reply> remove_role(const Context& context);
Result<http::Reply> put_client(const Context& context);
Result<http::Reply> put_resource(const Context& context);
Result<http::Reply> put_user(const Context& context);
Result<http::Reply> end_any_session(const Context& context);
Result<http::Reply> list_keys(const Context& context);
Result<http::Reply> rotate_keys(const Context& context);
Result<http::Reply> list_audit(const Context& context);
Result<http::Reply> follow_events(const Context& context);
Result<http::Reply> list_mail(const Context& context);
Result<http::Reply> retry_mail(const Context& context);
Result<http::Reply> purge_mail(const Context& context);
Result<http::Reply> show_settings(const Context& context);
Result<http::Reply> show_setting_details(const Context& context);

// statistics.cpp
Result<http::Reply> show_statistics(const Context& context);

// admin_clients.cpp
Result<http::Reply> list_client_templates(const Context& context);
Result<http::Reply> list_clients(const Context& context);
Result<http::Reply> show_client(const Context& context);
Result<http::Reply> add_client(const Context& context);
Result<http::Reply> change_client(const Context& context);
Result<http::Reply> put_client_logo(const Context& context);
Result<http::Reply> remove_client_logo(const Context& context);
Result<http::Reply> remove_client(const Context& context);
Result<http::Reply> preview_client(const Context& context);
// admin_client_activity.cpp
Result<http::Reply> show_client_activity(const Context& context);

// admin_logouts.cpp
Result<http::Reply> list_client_logouts(const Context& context);
Result<http::Reply> retry_client_logout(const Context& context);
Result<http::Reply> add_client_secret(const Context& context);
Result<http::Reply> revoke_client_secret(const Context& context);
Result<http::Reply> list_resources(const Context& context);
Result<http::Reply> add_resource(const Context& context);
Result<http::Reply> change_resource(const Context& context);
Result<http::Reply> remove_resource(const Context& context);

// registration_tokens.cpp
Result<http::Reply> list_registration_tokens(const Context& context);
Result<http::Reply> add_registration_token(const Context& context);
Result<http::Reply> revoke_registration_token(const Context& context);

// replica.cpp
Result<http::Reply> replica_changes(const Context& context, const auth::Program& program);
Result<http::Reply> replica_records(const Context& context, const auth::Program& program);
Result<http::Reply> replica_settings(const Context& context, const auth::Program& program);
Result<http::Reply> replica_activity(const Context& context, const auth::Program& program);

// webhooks.cpp
Result<http::Reply> list_webhooks(const Context& context);
Result<http::Reply> add_webhook(const Context& context);
Result<http::Reply> show_webhook(const Context& context);
Result<http::Reply> change_webhook(const Context& context);
Result<http::Reply> remove_webhook(const Context& context);
Result<http::Reply> rotate_webhook(const Context& context);
Result<http::Reply> test_webhook(const Context& context);
Result<http::Reply> list_webhook_deliveries(const Context& context);
Result<http::Reply> retry_webhook(const Context& context);
Result<http::Reply> replay_webhook(const Context& context);

// verify.cpp
Result<http::Reply> verify(const Context& context);
Result<http::Reply> verify_by_path(const Context& context);  // its route is in http_routes()
// The same, recording each step, without counting or storing anything (`authd explain verify`).
Result<http::Reply> explain_verify(const Context& context, auth::Trace& trace);

// doctor.cpp
Result<http::Reply> show_probe(const Context& context);

// documentation.cpp
Result<http::Reply> openapi(const Context& context);
Result<http::Reply> docs(const Context& context);
Result<http::Reply> redoc(const Context& context);

// api_keys.cpp
Result<http::Reply> list_my_api_keys(const Context& context, const auth::Person& person);
Result<http::Reply> add_my_api_key(const Context& context, const auth::Person& person);
Result<http::Reply> revoke_my_api_key(const Context& context, const auth::Person& person);
Result<http::Reply> revoke_my_api_keys(const Context& context, const auth::Person& person);
Result<http::Reply> list_user_api_keys(const Context& context);
Result<http::Reply> list_all_api_keys(const Context& context);
Result<http::Reply> revoke_user_api_key(const Context& context);

// health.cpp
Result<http::Reply> live(const Context& context);
Result<http::Reply> ready(const Context& context);
Result<http::Reply> health(const Context& context);
Result<http::Reply> metrics(const Context& context);

}  // namespace authd::api
