// Writes the server's data as JSON, in the same form for the HTTP API and for --json on the command
// line. Every function writes one value at the writer's current position. Absent text and times are
// null, so that clients need not distinguish "" from nothing; every time is RFC 3339.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/account/invitation_list.h"
#include "auth/accounts/account/invitations.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/account_access.h"
#include "auth/accounts/people/all_api_keys.h"
#include "auth/accounts/people/bulk.h"
#include "auth/accounts/profile/account_view.h"
#include "auth/accounts/profile/own_activity.h"
#include "auth/core/audit/audit.h"
#include "auth/oauth/clients/client_admin.h"
#include "auth/oauth/tokens/preview.h"
#include "auth/sessions/keyring.h"
#include "auth/signin/enrolment.h"
#include "auth/upkeep/retention.h"
#include "base/json_writer.h"
#include "config/reading/in_force.h"
#include "config/reading/keys.h"
#include "tables/schema.h"

namespace authd::api {

// A member of an object; null when the text is empty or the time is not set.
void text_or_null(JsonWriter& json, std::string_view name, std::string_view text);
void id_or_null(JsonWriter& json, std::string_view name, std::optional<UserId> id);
void time_or_null(JsonWriter& json, std::string_view name, Time time);
// A member of an object: a list of texts.
template <typename Texts>
void write_texts(JsonWriter& json, std::string_view name, const Texts& texts) {
  json.key(name).begin_array();
  for (const std::string_view text : texts)
    json.value(text);
  json.end_array();
}

// {"id", "username", "email", "email_verified", …}
void write_user(JsonWriter& json, const tables::User& user, const std::vector<std::string>& roles);
void write_account(JsonWriter& json, const auth::AccountView& view);  // the same
// The same with "attributes", if any are declared: those that the side reads.
void write_account(JsonWriter& json, const auth::AccountView& view, const config::Config& config,
                   auth::AttributeSide side);
// The same for an administrator, with "retention" if any period of it is set: {"step", "next",
// "next_at", "disabled_at"}, or null for an account that stays.
void write_account(JsonWriter& json, const auth::AccountView& view, const config::Config& config,
                   const std::optional<auth::NextStep>& next);

// {"has_password", …, "lock": {…}}
void write_access(JsonWriter& json, const auth::AccountAccess& access);

// A member "attributes" of an object: what an application with these scopes gets besides the
// standard claims, as [{"scope", "label"}].
void write_granted_attributes(JsonWriter& json, const config::Config& config,
                              const std::vector<std::string>& scopes);

// The declarations of the attributes that the side reads, for forms: {"name", "label", "type",
// "is_writable"}; for administrators also who reads and writes them, and what applications get.
void write_declarations(JsonWriter& json, const config::Config& config, auth::AttributeSide side);

// A session in the device list; `is_current` marks the session that sends the request.
void write_session(JsonWriter& json, const tables::Session& session, bool is_current);
// The same with "user": {"id", "username", "email"}, in a list of everybody's.
void write_session_of(JsonWriter& json, const tables::Session& session, const tables::User& user);

// A device in the list of those that an account knows; `is_current`: the request came from it.
void write_device(JsonWriter& json, const tables::Device& device, bool is_current);

void write_role(JsonWriter& json, const tables::Role& role);
void write_client(JsonWriter& json, const config::Config& config, const tables::Client& client);
// With "client_secret", which is shown only this once; and with "application", if the client was
// made with a template (client_templates.h).
struct MadeApp;
void write_made_client(JsonWriter& json, const config::Config& config, const auth::MadeClient& made,
                       const MadeApp* app = nullptr);
void write_made_secret(JsonWriter& json, const auth::MadeSecret& made);
void write_preview(JsonWriter& json, const auth::Preview& preview);
void write_resource(JsonWriter& json, const tables::Resource& resource);
void write_key(JsonWriter& json, const auth::LoadedKey& key);  // a signing key
void write_audit_entry(JsonWriter& json, const tables::AuditEntry& entry);
void write_own_event(JsonWriter& json, const auth::OwnEvent& event);
void write_mail(JsonWriter& json, const tables::Mail& mail);  // without its contents

void write_passkey(JsonWriter& json, const tables::Passkey& passkey);
// With "recovery_codes", if some were made with it.
void write_made_passkey(JsonWriter& json, const auth::MadePasskey& made);
// {"url", "token", "expires_at"}: shown only this once.
void write_enroll_link(JsonWriter& json, const auth::EnrollLink& link);
// A member "recovery_codes" of an object, if there are any: codes that are shown only this once.
void write_recovery_codes(JsonWriter& json, const std::vector<OneTimeSecret>& codes);
void write_invitation(JsonWriter& json, const tables::Invitation& row);
// With "url": the link, or null if it was mailed.
void write_made_invitation(JsonWriter& json, const auth::MadeInvitation& made);
// {"dry_run", "invited", "unchanged", "refused", "results": [{"email", "outcome", "id", "url",
// "error", "message"}]}; with "line" for those of a file.
void write_invitation_list(JsonWriter& json, bool is_dry_run,
                           const std::vector<auth::InvitationOutcome>& outcomes);
void write_api_key(JsonWriter& json, const tables::ApiKey& key);
// With "prefix", "roles" and "user": {"id", "username", "email", "is_active"}, in a list of
// everybody's.
void write_api_key_of(JsonWriter& json, const auth::OwnedApiKey& one);
// With "api_key", which is shown only this once.
void write_made_api_key(JsonWriter& json, const tables::ApiKey& key, std::string_view text);

// The value of a setting, given in the form that the configuration reads: a number, a boolean or a
// list if the key has that type, otherwise text.
void write_setting(JsonWriter& json, std::string_view key, const std::string& value);

// {"key", "value", "source", "default", "default_note", "description", "is_changed",
// "is_reloadable"}
void write_setting_details(JsonWriter& json, const config::Setting& setting);

// {name: […]}: every list is inside an object, so that members can be added later.
template <typename Rows, typename Write>
void write_list(JsonWriter& json, std::string_view name, const Rows& rows, Write write) {
  json.begin_object().key(name).begin_array();
  for (const auto& row : rows)
    write(json, row);
  json.end_array().end_object();
}

// {name: […], "next"}: where the next page begins, or null on the last page.
template <typename Rows, typename Write>
void write_page(JsonWriter& json, std::string_view name, const Rows& rows, Write write,
                std::string_view next) {
  json.begin_object().key(name).begin_array();
  for (const auto& row : rows)
    write(json, row);
  json.end_array();
  text_or_null(json, "next", next);
  json.end_object();
}

// {"users": […], "next", "total"}
void write_people(JsonWriter& json, const std::vector<auth::AccountView>& accounts,
                  std::string_view next, uint64_t total);

// {"action", "dry_run", "changed", "unchanged", "refused", "results": [{"id", "name", "outcome",
// "error", "message"}]}
void write_bulk(JsonWriter& json, std::string_view action, bool is_dry_run,
                const std::vector<auth::BulkOutcome>& outcomes);

// The value of `next` for a page of the audit log that was requested with this limit.
std::string next_of(const std::vector<tables::AuditEntry>& entries, size_t limit);

}  // namespace authd::api
