// What the audit log tells of: every action of an entry, in the order of the alphabet. A filter for
// any other action is a typing error. The pages have a text for each (web/pages/en.json, "did.…"),
// and docs/administration.md lists them; tests/build/catalogues_test.py compares all with the
// source. An action that no release writes any more stays here as long as logs may contain it.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace authd::auth {

inline constexpr auto kAuditActions = std::to_array<std::string_view>({
    "account_activated",
    "account_created",
    "account_deleted",
    "account_disabled",
    "account_enabled",
    "account_unlocked",
    "api_key_added",
    "api_key_revoked",
    "api_keys_revoked",
    "attributes_changed",
    "audit_log_damaged",
    "avatar_changed",
    "avatar_removed",
    "backup",
    "basic_login",
    "client_added",
    "client_changed",
    "client_entered",
    "client_refused",
    "client_removed",
    "client_secret_added",
    "client_secret_revoked",
    "code_reused",
    "consent_given",
    "credentials_voided",
    "email_change_asked",
    "email_change_stopped",
    "email_changed",
    "email_verified",
    "export_started",
    "factors_reset",
    "federated_login",
    "grant_ended",
    "identity_link_asked",
    "identity_linked",
    "identity_unlinked",
    "import_resumed",
    "import_started",
    "key_withdrawn",
    "keys_rotated",
    "login",
    "login_by_code",
    "login_by_link",
    "login_code_mailed",
    "magic_link_mailed",
    "mail_purged",
    "mail_retried",
    "mailed_link",
    "master_key_dropped",
    "master_key_rotated",
    "password_changed",
    "password_reset",
    "password_set",
    "personal_data_exported",
    "profile_changed",
    "reauthenticated",
    "recovery_codes_renewed",
    "refresh",
    "refresh_token_repeated",
    "refresh_token_reused",
    "reset_mailed",
    "resource_added",
    "resource_changed",
    "resource_removed",
    "restore",
    "role_added",
    "role_deleted",
    "role_granted",
    "role_revoked",
    "roles_from_groups",
    "second_factor",
    "session_ended",
    "sessions_ended",
    "set_up",
    "signup",
    "token_issued",
    "totp_added",
    "totp_removed",
    "users_exported",
    "users_imported",
    "verification_mailed",
});
static_assert(std::is_sorted(kAuditActions.begin(), kAuditActions.end()));

constexpr bool is_audit_action(std::string_view action) {
  return std::binary_search(kAuditActions.begin(), kAuditActions.end(), action);
}

}  // namespace authd::auth
