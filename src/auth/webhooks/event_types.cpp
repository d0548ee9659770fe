#include "auth/webhooks/event_types.h"

#include <algorithm>
#include <array>

namespace authd::auth {
namespace {

// Of an action with two rows, one for success and one for the rest, no outcome has both.
enum class When {
  ok,       // the outcome is "ok"
  refused,  // it is not, and it is no step of something that goes on
  always,
};

struct EventRule {
  std::string_view action;
  When when;
  std::string_view type;
};

// In alphabetical order of the actions.
constexpr auto kEvents = std::to_array<EventRule>({
    {"account_activated", When::ok, "user.enabled"},
    {"account_created", When::ok, "user.created"},
    {"account_deleted", When::ok, "user.deleted"},
    {"account_disabled", When::ok, "user.disabled"},
    {"account_enabled", When::ok, "user.enabled"},
    {"api_key_added", When::ok, "apikey.created"},
    {"api_key_revoked", When::ok, "apikey.revoked"},
    {"api_keys_revoked", When::ok, "apikey.revoked"},
    {"attributes_changed", When::ok, "user.updated"},
    {"avatar_changed", When::ok, "user.updated"},
    {"avatar_removed", When::ok, "user.updated"},
    {"backup_ended", When::ok, "backup.succeeded"},
    {"backup_ended", When::refused, "backup.failed"},
    {"basic_login", When::ok, "login.succeeded"},
    {"basic_login", When::refused, "login.failed"},
    {"client_added", When::ok, "setting.changed"},
    {"client_changed", When::ok, "setting.changed"},
    {"client_removed", When::ok, "setting.changed"},
    {"client_secret_added", When::ok, "setting.changed"},
    {"client_secret_revoked", When::ok, "setting.changed"},
    {"credentials_voided", When::ok, "user.updated"},
    {"email_changed", When::ok, "user.email_changed"},
    {"email_unverified", When::ok, "user.updated"},
    {"email_verified", When::ok, "user.email_verified"},
    {"factors_reset", When::ok, "user.mfa_disabled"},
    {"federated_login", When::ok, "login.succeeded"},
    {"federated_login", When::refused, "login.failed"},
    {"identity_linked", When::ok, "identity.linked"},
    {"identity_unlinked", When::ok, "identity.unlinked"},
    {"key_withdrawn", When::ok, "key.rotated"},
    {"keys_rotated", When::ok, "key.rotated"},
    {"login", When::ok, "login.succeeded"},
    {"login", When::refused, "login.failed"},
    {"login_by_code", When::ok, "login.succeeded"},
    {"login_by_code", When::refused, "login.failed"},
    {"login_by_link", When::ok, "login.succeeded"},
    {"login_by_link", When::refused, "login.failed"},
    {"login_by_passkey", When::ok, "login.succeeded"},
    {"login_by_passkey", When::refused, "login.failed"},
    {"login_steps", When::ok, "login.succeeded"},
    {"login_steps", When::refused, "login.failed"},
    {"logins_barred", When::always, "login.locked"},
    {"master_key_rotated", When::ok, "key.rotated"},
    {"passkey_added", When::ok, "user.passkey_added"},
    {"passkey_removed", When::ok, "user.passkey_removed"},
    {"password_changed", When::ok, "user.password_changed"},
    {"password_reset", When::ok, "user.password_changed"},
    {"password_set", When::ok, "user.password_changed"},
    {"profile_changed", When::ok, "user.updated"},
    {"registration_token_added", When::ok, "setting.changed"},
    {"registration_token_revoked", When::ok, "setting.changed"},
    {"resource_added", When::ok, "setting.changed"},
    {"resource_changed", When::ok, "setting.changed"},
    {"resource_removed", When::ok, "setting.changed"},
    {"role_added", When::ok, "setting.changed"},
    {"role_changed", When::ok, "setting.changed"},
    {"role_deleted", When::ok, "setting.changed"},
    {"role_granted", When::ok, "role.granted"},
    {"role_revoked", When::ok, "role.revoked"},
    {"roles_from_groups", When::ok, "user.updated"},
    {"roles_set", When::ok, "user.updated"},
    {"second_factor", When::ok, "login.succeeded"},
    {"second_factor", When::refused, "login.failed"},
    {"session_ended", When::ok, "session.ended"},
    {"sessions_ended", When::ok, "session.ended"},
    {"set_up", When::ok, "user.created"},
    {"signup", When::ok, "user.created"},
    {"totp_added", When::ok, "user.mfa_enabled"},
    {"totp_removed", When::ok, "user.mfa_disabled"},
    {"webhook_added", When::ok, "setting.changed"},
    {"webhook_changed", When::ok, "setting.changed"},
    {"webhook_disabled", When::ok, "setting.changed"},
    {"webhook_enabled", When::ok, "setting.changed"},
    {"webhook_removed", When::ok, "setting.changed"},
    {"webhook_rotated", When::ok, "setting.changed"},
    {kWebhookTested, When::ok, kTestEvent},
});

// What is no event: steps towards one, mails, work of operators. In alphabetical order.
constexpr auto kNoEvents = std::to_array<std::string_view>({
    "account_unlocked",
    "audit_log_damaged",
    "backup",
    "client_entered",
    "client_refused",
    "client_registered",
    "client_registration_changed",
    "client_swept",
    "code_reused",
    "consent_given",
    "device_authorized",
    "device_denied",
    "device_forgotten",
    "device_trusted",
    "email_change_asked",
    "email_change_stopped",
    "enroll_link_made",
    "export_started",
    "grant_ended",
    "identity_link_asked",
    "import_resumed",
    "import_started",
    "invitation_followed",
    "invitation_revoked",
    "invited",
    "login_code_mailed",
    "logout_retried",
    "magic_link_mailed",
    "mail_purged",
    "mail_retried",
    "mailed_link",
    "master_key_dropped",
    "passkey_clone_suspected",
    "password_change_required",
    "password_leaked",
    "personal_data_exported",
    "reauthenticated",
    "recovery_code_used",
    "recovery_codes_renewed",
    "refresh",
    "refresh_token_repeated",
    "refresh_token_reused",
    "replica_copied",
    "reset_mailed",
    "restore",
    "terms_accepted",
    "token_issued",
    "user_code_refused",
    "users_exported",
    "users_imported",
    "verification_mailed",
    "webhook_retried",
});
static_assert(std::is_sorted(kNoEvents.begin(), kNoEvents.end()));

constexpr auto kTypes = std::to_array<std::string_view>({
    "apikey.created",        "apikey.revoked",     "backup.failed",       "backup.succeeded",
    "identity.linked",       "identity.unlinked",  "key.rotated",         "login.failed",
    "login.locked",          "login.succeeded",    "role.granted",        "role.revoked",
    "session.ended",         "setting.changed",    "user.created",        "user.deleted",
    "user.disabled",         "user.email_changed", "user.email_verified", "user.enabled",
    "user.mfa_disabled",     "user.mfa_enabled",   "user.passkey_added",  "user.passkey_removed",
    "user.password_changed", "user.updated",
});
static_assert(std::is_sorted(kTypes.begin(), kTypes.end()));

constexpr std::string_view kAllOfGroup = ".*";

constexpr bool is_type(std::string_view type) {
  return std::binary_search(kTypes.begin(), kTypes.end(), type);
}

constexpr bool is_each_type_known() {
  return std::all_of(kEvents.begin(), kEvents.end(), [](const EventRule& rule) {
    return rule.type == kTestEvent || is_type(rule.type);
  });
}
static_assert(is_each_type_known());

// The group and its dot; empty: it is no pattern.
std::string_view group_of(std::string_view pattern) {
  if (!pattern.ends_with(kAllOfGroup)) return {};
  return pattern.substr(0, pattern.size() - 1);
}

bool is_group(std::string_view pattern) {
  const std::string_view group = group_of(pattern);
  return group.size() > 1 && std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view type) {
           return type.starts_with(group);
         });
}

// A login that goes on: the right password, and then something else.
bool goes_on(std::string_view outcome) {
  return outcome.ends_with("_needed");
}

bool is_met(When when, std::string_view outcome) {
  switch (when) {
    case When::ok: return outcome == "ok";
    case When::refused: return outcome != "ok" && !goes_on(outcome);
    case When::always: return true;
  }
  return false;
}

}  // namespace

std::span<const std::string_view> event_types() {
  return kTypes;
}

std::string_view event_type_of(const tables::AuditEntry& entry) {
  for (const EventRule& rule : kEvents) {
    if (rule.action == entry.action && is_met(rule.when, entry.outcome)) return rule.type;
  }
  return {};
}

bool is_judged_action(std::string_view action) {
  return std::binary_search(kNoEvents.begin(), kNoEvents.end(), action) ||
         std::any_of(kEvents.begin(), kEvents.end(),
                     [&](const EventRule& rule) { return rule.action == action; });
}

Result<std::vector<std::string>> parse_event_types(std::vector<std::string> types) {
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  for (const std::string& type : types) {
    if (is_type(type) || is_group(type)) continue;
    return Error{ErrorCode::invalid,
                 "There is no such type of event: \"" + type.substr(0, 100) +
                     "\". docs/webhooks.md lists them; \"login.*\" is all of a group.",
                 "types"};
  }
  return types;
}

bool is_chosen(const std::vector<std::string>& types, std::string_view type) {
  return types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& one) {
           const std::string_view group = group_of(one);
           return group.empty() ? type == one : type.starts_with(group);
         });
}

}  // namespace authd::auth
