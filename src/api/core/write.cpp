#include "api/core/write.h"

#include "api/core/client_templates.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/api_key_text.h"
#include "auth/core/subject.h"
#include "auth/core/ways.h"
#include "auth/oauth/clients/claims.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/client_rules.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/sessions.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/uuid.h"
#include "config/reading/values.h"
#include "tables/mail_queue.h"
#include "tables/sessions.h"

namespace authd::api {
namespace {

// A path on this server, so it works under any host name. It changes when the picture changes.
std::string avatar_url(const tables::User& user) {
  if (user.avatar_version.empty()) return user.avatar_url;
  return "/api/v1/users/" + std::to_string(user.id.value) + "/avatar?v=" + user.avatar_version;
}

void begin_api_key(JsonWriter& json, const tables::ApiKey& key) {
  json.begin_object().field("id", key.number).field("name", key.name);
  write_texts(json, "scopes", key.scopes);
  time_or_null(json, "created_at", key.created_at);
  time_or_null(json, "expires_at", key.expires_at);
  time_or_null(json, "last_used", key.last_used);
}

}  // namespace

void id_or_null(JsonWriter& json, std::string_view name, std::optional<UserId> id) {
  json.key(name);
  if (id) {
    json.value(id->value);
  } else {
    json.null();
  }
}

void text_or_null(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty()) {
    json.null();
  } else {
    json.value(text);
  }
}

void time_or_null(JsonWriter& json, std::string_view name, Time time) {
  text_or_null(json, name, time == Time{} ? "" : format_rfc3339(time));
}

namespace {

// The object stays open.
void begin_user(JsonWriter& json, const tables::User& user, const std::vector<std::string>& roles) {
  json.begin_object().field("id", user.id.value);
  json.field("subject", auth::subject_of(user));
  text_or_null(json, "username", user.username);
  text_or_null(json, "email", user.email);
  json.field("email_verified", user.email_verified);
  text_or_null(json, "first_name", user.first_name);
  text_or_null(json, "last_name", user.last_name);
  text_or_null(json, "phone_number", user.phone_number);
  text_or_null(json, "locale", user.locale);
  text_or_null(json, "avatar_url", avatar_url(user));
  write_texts(json, "roles", roles);
  json.key("role_id");
  if (user.role_ids.empty()) {
    json.null();
  } else {
    json.value(user.role_ids.front());
  }
  json.field("mfa_enabled", auth::has_factor(user))
      .field("totp_enabled", user.mfa_enabled)
      .field("is_active", !user.disabled);
  if (user.password_leaked_at != Time{}) json.field("password_leaked", true);
  time_or_null(json, "created_at", user.created_at);
  time_or_null(json, "updated_at", user.updated_at);
  time_or_null(json, "last_activity", user.last_activity);
}

void write_declaration(JsonWriter& json, const config::Attribute& attribute,
                       auth::AttributeSide side) {
  json.begin_object()
      .field("name", attribute.name)
      .field("label", attribute.label)
      .field("type", config::word_of(attribute.type))
      .field("is_writable", auth::may_write(attribute, side));
  if (side == auth::AttributeSide::admin) {
    json.field("read", config::word_of(attribute.read))
        .field("write", config::word_of(attribute.write));
    text_or_null(json, "claim", attribute.claim);
    text_or_null(json, "scope", attribute.claim.empty() ? "" : attribute.scope);
  }
  json.end_object();
}

}  // namespace

void write_user(JsonWriter& json, const tables::User& user, const std::vector<std::string>& roles) {
  begin_user(json, user, roles);
  json.end_object();
}

void write_account(JsonWriter& json, const auth::AccountView& view) {
  write_user(json, view.user, view.roles);
}

namespace {

// The object stays open.
void begin_account(JsonWriter& json, const auth::AccountView& view, const config::Config& config,
                   auth::AttributeSide side) {
  const tables::User& user = view.user;
  begin_user(json, user, view.roles);
  if (side == auth::AttributeSide::admin) {
    json.field("must_change_password", user.must_change_password);
  }
  if (!user.terms_version.empty()) {
    json.field("terms_version", user.terms_version);
    time_or_null(json, "terms_accepted_at", user.terms_accepted_at);
  }
  if (!config.attributes.empty()) {
    json.key("attributes");
    auth::write_attributes(json, config, view.attributes, side);
  }
}

void write_next_step(JsonWriter& json, const std::optional<auth::NextStep>& next) {
  json.key("retention");
  if (!next) {
    json.null();
    return;
  }
  json.begin_object()
      .field("step", auth::word_of(next->done))
      .field("next", auth::word_of(next->step));
  time_or_null(json, "next_at", next->at);
  time_or_null(json, "disabled_at", next->disabled_at);
  json.end_object();
}

}  // namespace

void write_account(JsonWriter& json, const auth::AccountView& view, const config::Config& config,
                   auth::AttributeSide side) {
  begin_account(json, view, config, side);
  json.end_object();
}

void write_account(JsonWriter& json, const auth::AccountView& view, const config::Config& config,
                   const std::optional<auth::NextStep>& next) {
  begin_account(json, view, config, auth::AttributeSide::admin);
  if (auth::has_retention(config)) write_next_step(json, next);
  json.end_object();
}

void write_people(JsonWriter& json, const std::vector<auth::AccountView>& accounts,
                  std::string_view next, uint64_t total) {
  json.begin_object().key("users").begin_array();
  for (const auth::AccountView& view : accounts)
    write_account(json, view);
  json.end_array();
  text_or_null(json, "next", next);
  json.field("total", total).end_object();
}

void write_access(JsonWriter& json, const auth::AccountAccess& access) {
  json.begin_object().field("has_password", access.has_password);
  time_or_null(json, "password_changed_at", access.password_changed_at);
  time_or_null(json, "password_leaked_at", access.password_leaked_at);
  json.field("totp_enabled", access.has_app)
      .field("passkeys", access.passkeys)
      .field("security_keys", access.security_keys)
      .field("recovery_codes", access.recovery_codes);
  json.key("lock").begin_object();
  json.field("failures", access.lock.failures)
      .field("wrong_second_factors", access.lock.wrong_factors);
  time_or_null(json, "until", access.lock.until);
  json.field("is_barred", access.lock.is_barred).end_object().end_object();
}

void write_granted_attributes(JsonWriter& json, const config::Config& config,
                              const std::vector<std::string>& scopes) {
  json.key("attributes").begin_array();
  for (const config::Attribute& attribute : auth::attributes_with(config, scopes)) {
    json.begin_object()
        .field("scope", attribute.scope)
        .field("label", attribute.label)
        .end_object();
  }
  json.end_array();
}

void write_declarations(JsonWriter& json, const config::Config& config, auth::AttributeSide side) {
  std::vector<config::Attribute> readable = config.attributes;
  std::erase_if(readable, [&](const config::Attribute& one) { return !auth::may_read(one, side); });
  write_list(json, "attributes", readable, [&](JsonWriter& to, const config::Attribute& one) {
    write_declaration(to, one, side);
  });
}

namespace {

// The object stays open.
void begin_session(JsonWriter& json, const tables::Session& session, bool is_current) {
  json.begin_object()
      .field("id", auth::session_text(session.id))
      .field("kind", tables::session_kind_name(session.kind))
      .field("current", is_current);
  time_or_null(json, "created_at", session.created_at);
  time_or_null(json, "last_used", session.rotated_at);
  time_or_null(json, "expires_at", session.expires_at);
  text_or_null(json, "address", session.address);
  text_or_null(json, "user_agent", session.user_agent);
  write_texts(json, "amr", session.amr);
}

}  // namespace

void write_session(JsonWriter& json, const tables::Session& session, bool is_current) {
  begin_session(json, session, is_current);
  json.end_object();
}

void write_session_of(JsonWriter& json, const tables::Session& session, const tables::User& user) {
  begin_session(json, session, false);
  json.key("user").begin_object().field("id", user.id.value);
  text_or_null(json, "username", user.username);
  text_or_null(json, "email", user.email);
  json.end_object().end_object();
}

void write_device(JsonWriter& json, const tables::Device& device, bool is_current) {
  json.begin_object().field("id", auth::device_text(device.id));
  text_or_null(json, "user_agent", device.user_agent);
  text_or_null(json, "address", device.address);
  time_or_null(json, "created_at", device.created_at);
  time_or_null(json, "last_login", device.seen_at);
  time_or_null(json, "trusted_until", device.trusted_until);
  json.field("current", is_current).end_object();
}

void write_role(JsonWriter& json, const tables::Role& role) {
  json.begin_object().field("id", role.id.value).field("name", role.name);
  text_or_null(json, "description", role.description);
  write_texts(json, "permissions", role.permissions);
  time_or_null(json, "created_at", role.created_at);
  json.end_object();
}

namespace {

void write_secret_members(JsonWriter& json, const tables::ClientSecretRow& secret) {
  json.field("id", secret.id);
  time_or_null(json, "created_at", secret.created_at);
  time_or_null(json, "expires_at", secret.expires_at);
}

// Into the object that is open.
void write_client_members(JsonWriter& json, const config::Config& config,
                          const tables::Client& client) {
  auth::write_members(json, client);
  json.key("secrets").begin_array();
  for (const tables::ClientSecretRow& secret : auth::secrets_of(client)) {
    json.begin_object();
    write_secret_members(json, secret);
    json.end_object();
  }
  json.end_array();
  time_or_null(json, "created_at", client.created_at);
  time_or_null(json, "updated_at", client.updated_at);
  time_or_null(json, "last_used", client.last_used);
  json.field("logo_uri", auth::logo_path(client))
      .field("configured", client.configured)
      .field("origin", client.origin);
  write_texts(json, "warnings", auth::client_warnings(config, client));
}

}  // namespace

void write_client(JsonWriter& json, const config::Config& config, const tables::Client& client) {
  json.begin_object().field("client_id", client.id);
  write_client_members(json, config, client);
  json.end_object();
}

void write_made_client(JsonWriter& json, const config::Config& config, const auth::MadeClient& made,
                       const MadeApp* app) {
  json.begin_object().field("client_id", made.client.id);
  if (!made.secret.empty()) json.field("client_secret", made.secret.reveal());
  write_client_members(json, config, made.client);
  if (app != nullptr) write_made_app(json, *app);
  json.end_object();
}

void write_made_secret(JsonWriter& json, const auth::MadeSecret& made) {
  json.begin_object();
  write_secret_members(json, made.row);
  json.field("client_secret", made.secret.reveal()).end_object();
}

void write_preview(JsonWriter& json, const auth::Preview& preview) {
  json.begin_object().key("id_token").raw(preview.id_token);
  json.key("userinfo").raw(preview.userinfo);
  json.key("access_token").raw(preview.access_token).end_object();
}

void write_resource(JsonWriter& json, const tables::Resource& resource) {
  json.begin_object().field("identifier", resource.identifier).field("name", resource.name);
  write_texts(json, "scopes", resource.scopes);
  const Milliseconds life(static_cast<int64_t>(resource.access_ttl_ms));
  json.field("access_ttl", config::format_duration(life));
  time_or_null(json, "created_at", resource.created_at);
  json.end_object();
}

void write_key(JsonWriter& json, const auth::LoadedKey& key) {
  json.begin_object()
      .field("kid", key.row.kid)
      .field("algorithm", key.row.algorithm)
      .field("state", auth::state_name(key.row.state));
  time_or_null(json, "created_at", key.row.created_at);
  time_or_null(json, "activated_at", key.row.activated_at);
  time_or_null(json, "retired_at", key.row.retired_at);
  json.end_object();
}

// `number` and `at` are the earlier names of `id` and `created_at`.
void write_audit_entry(JsonWriter& json, const tables::AuditEntry& entry) {
  json.begin_object().field("id", entry.number).field("number", entry.number);
  time_or_null(json, "created_at", entry.at);
  time_or_null(json, "at", entry.at);
  json.field("action", entry.action).field("outcome", entry.outcome);
  id_or_null(json, "actor", entry.actor);
  text_or_null(json, "actor_name", entry.actor_name);
  text_or_null(json, "operator", entry.operator_name);
  id_or_null(json, "subject", entry.subject);
  text_or_null(json, "subject_name", entry.subject_name);
  text_or_null(json, "target", entry.target);
  text_or_null(json, "address", entry.address);
  text_or_null(json, "request_id", entry.request_id);
  text_or_null(json, "detail", entry.detail);
  json.end_object();
}

namespace {

std::string_view word_of(auth::DoneBy by) {
  switch (by) {
    case auth::DoneBy::owner: return "owner";
    case auth::DoneBy::administrator: return "administrator";
    case auth::DoneBy::operator_: return "operator";
    case auth::DoneBy::unknown: return "unknown";
  }
  __builtin_unreachable();
}

}  // namespace

void write_own_event(JsonWriter& json, const auth::OwnEvent& event) {
  json.begin_object().field("id", event.number);
  time_or_null(json, "created_at", event.at);
  json.field("action", event.action).field("outcome", event.outcome).field("by", word_of(event.by));
  text_or_null(json, "address", event.address);
  text_or_null(json, "target", event.target);
  json.end_object();
}

void write_mail(JsonWriter& json, const tables::Mail& mail) {
  json.begin_object()
      .field("id", hex_encode(mail.id))
      .field("kind", tables::mail_kind_name(mail.kind))
      .field("to", mail.to);
  time_or_null(json, "created_at", mail.created_at);
  json.field("attempts", mail.attempts).field("dead", mail.dead);
  time_or_null(json, "due_at", mail.dead ? Time{} : mail.due_at);
  text_or_null(json, "last_error", mail.last_error);
  json.end_object();
}

namespace {

void begin_passkey(JsonWriter& json, const tables::Passkey& passkey) {
  json.begin_object()
      .field("id", base64url_encode(passkey.id_hash))
      .field("name", passkey.name)
      .field("kind", auth::is_whole_login(passkey) ? "passkey" : "security_key")
      .field("credential_id", base64url_encode(passkey.id))
      .field("aaguid", uuid_text(passkey.aaguid))
      .field("is_synced", passkey.backup_eligible)
      .field("rp_id", passkey.rp_id);
  write_texts(json, "transports", passkey.transports);
  time_or_null(json, "created_at", passkey.created_at);
  time_or_null(json, "last_used", passkey.last_used);
}

}  // namespace

void write_passkey(JsonWriter& json, const tables::Passkey& passkey) {
  begin_passkey(json, passkey);
  json.end_object();
}

void write_made_passkey(JsonWriter& json, const auth::MadePasskey& made) {
  begin_passkey(json, made.passkey);
  write_recovery_codes(json, made.recovery_codes);
  json.end_object();
}

void write_enroll_link(JsonWriter& json, const auth::EnrollLink& link) {
  json.begin_object().field("url", link.url).field("token", link.token.reveal());
  time_or_null(json, "expires_at", link.expires_at);
  json.end_object();
}

void write_recovery_codes(JsonWriter& json, const std::vector<OneTimeSecret>& codes) {
  if (codes.empty()) return;
  json.key("recovery_codes").begin_array();
  for (const OneTimeSecret& code : codes)
    json.value(code.reveal());
  json.end_array();
}

void write_api_key(JsonWriter& json, const tables::ApiKey& key) {
  begin_api_key(json, key);
  json.end_object();
}

void write_api_key_of(JsonWriter& json, const auth::OwnedApiKey& one) {
  begin_api_key(json, one.key);
  json.field("prefix", auth::api_key_beginning({one.key.user, one.key.number}));
  write_texts(json, "roles", one.roles);
  json.key("user").begin_object().field("id", one.owner.id.value);
  text_or_null(json, "username", one.owner.username);
  text_or_null(json, "email", one.owner.email);
  json.field("is_active", !one.owner.disabled).end_object().end_object();
}

void write_made_api_key(JsonWriter& json, const tables::ApiKey& key, std::string_view text) {
  begin_api_key(json, key);
  json.field("api_key", text).end_object();
}

namespace {

void begin_invitation(JsonWriter& json, const tables::Invitation& row) {
  json.begin_object().field("id", auth::invitation_text(row));
  text_or_null(json, "email", row.email);
  write_texts(json, "roles", row.roles);
  json.field("uses", row.uses).field("used", row.used).field("mailed", row.is_mailed);
  id_or_null(json, "invited_by", row.invited_by);
  time_or_null(json, "created_at", row.created_at);
  time_or_null(json, "expires_at", row.expires_at);
}

}  // namespace

void write_invitation(JsonWriter& json, const tables::Invitation& row) {
  begin_invitation(json, row);
  json.end_object();
}

void write_made_invitation(JsonWriter& json, const auth::MadeInvitation& made) {
  begin_invitation(json, made.row);
  text_or_null(json, "url", made.url);
  json.end_object();
}

void write_setting(JsonWriter& json, std::string_view key, const std::string& value) {
  const config::Key* known = config::find_key(key);
  const auto number = parse_unsigned(value);
  if (known != nullptr && known->is_list) {
    json.begin_array();
    for (const std::string& part : config::split_list(value))
      json.value(part);
    json.end_array();
  } else if (known != nullptr && known->type == config::KeyType::boolean) {
    json.value(value == "true");
  } else if (known != nullptr && known->type == config::KeyType::number && number) {
    json.value(*number);
  } else {
    json.value(value);
  }
}

void write_setting_details(JsonWriter& json, const config::Setting& setting) {
  json.begin_object().field("key", setting.key).key("value");
  write_setting(json, setting.key, setting.value);
  json.field("source", setting.source).key("default");
  if (setting.default_text.empty()) {
    json.null();
  } else {
    write_setting(json, setting.key, setting.default_text);
  }
  text_or_null(json, "default_note", setting.default_note);
  text_or_null(json, "description", setting.help);
  json.field("is_changed", setting.is_changed)
      .field("is_reloadable", setting.is_reloadable)
      .end_object();
}

std::string next_of(const std::vector<tables::AuditEntry>& entries, size_t limit) {
  return entries.empty() || entries.size() < limit ? "" : std::to_string(entries.back().number);
}

}  // namespace authd::api
