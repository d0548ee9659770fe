// All data stored about the caller, as a file: /api/v1/users/me/export
#include "auth/accounts/people/personal_data.h"

#include "api/core/render.h"
#include "api/core/write.h"
#include "api/endpoints/endpoints.h"
#include "auth/sessions/known_devices.h"
#include "base/encoding.h"

namespace authd::api {
namespace {

void write_identities(JsonWriter& json, const std::vector<tables::Identity>& identities) {
  json.key("identities").begin_array();
  for (const tables::Identity& identity : identities) {
    json.begin_object()
        .field("provider", identity.provider)
        .field("subject", identity.subject)
        .field("email", identity.email)
        .field("created_at", format_rfc3339(identity.created_at))
        .field("last_used", format_rfc3339(identity.last_used))
        .end_object();
  }
  json.end_array();
}

// Public keys tell nothing about a person.
void write_passkeys(JsonWriter& json, const std::vector<tables::Passkey>& passkeys) {
  json.key("passkeys").begin_array();
  for (const tables::Passkey& passkey : passkeys) {
    json.begin_object()
        .field("name", passkey.name)
        .field("id", base64url_encode(passkey.id))
        .field("aaguid", hex_encode(passkey.aaguid))
        .field("created_at", format_rfc3339(passkey.created_at))
        .field("last_used", format_rfc3339(passkey.last_used))
        .end_object();
  }
  json.end_array();
}

void write_api_keys(JsonWriter& json, const std::vector<tables::ApiKey>& keys) {
  json.key("api_keys").begin_array();
  for (const tables::ApiKey& key : keys)
    write_api_key(json, key);
  json.end_array();
}

// What applications were allowed, and what they have.
void write_applications(JsonWriter& json, const auth::PersonalData& data) {
  json.key("consents").begin_array();
  for (const tables::Consent& consent : data.consents) {
    json.begin_object().field("client_id", consent.client);
    write_texts(json, "scopes", consent.scopes);
    write_texts(json, "resources", consent.resources);
    json.field("created_at", format_rfc3339(consent.created_at))
        .field("updated_at", format_rfc3339(consent.updated_at))
        .end_object();
  }
  json.end_array().key("grants").begin_array();
  for (const tables::Grant& grant : data.grants) {
    json.begin_object().field("client_id", grant.client);
    write_texts(json, "scopes", grant.scopes);
    write_texts(json, "resources", grant.resources);
    json.field("created_at", format_rfc3339(grant.created_at))
        .field("expires_at", format_rfc3339(grant.expires_at))
        .end_object();
  }
  json.end_array();
}

// The addresses of other people are left out.
void write_audit(JsonWriter& json, const std::vector<tables::AuditEntry>& entries, UserId user) {
  json.key("audit").begin_array();
  for (const tables::AuditEntry& entry : entries) {
    const bool is_by_self = entry.actor == user;
    json.begin_object()
        .field("at", format_rfc3339(entry.at))
        .field("action", entry.action)
        .field("outcome", entry.outcome)
        .field("by_self", is_by_self)
        .key("address");
    if (is_by_self && !entry.address.empty()) {
      json.value(entry.address);
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

// GET users/me/export → 200 with everything except secrets
Result<http::Reply> export_me(const Context& context, const auth::Person& person) {
  const auth::PersonalData data =
      TRY(auth::personal_data(context.auth(), person, context.origin()));
  const UserId id = data.account.user.id;
  JsonWriter json;
  json.begin_object().field("exported_at", format_rfc3339(context.auth().clock.now())).key("user");
  write_account(json, data.account, context.auth().config, auth::AttributeSide::owner);
  json.key("avatar");
  if (data.avatar) {
    json.value(base64_encode(data.avatar->jpeg));
  } else {
    json.null();
  }
  json.key("second_factors").begin_object();
  time_or_null(json, "totp_since", data.totp_since);
  json.field("recovery_codes_left", static_cast<uint64_t>(data.recovery_codes)).end_object();
  write_passkeys(json, data.passkeys);
  write_identities(json, data.identities);
  json.key("sessions").begin_array();
  for (const tables::Session& session : data.sessions)
    write_session(json, session, session.id == person.session().id);
  json.end_array();
  json.key("devices").begin_array();
  const std::string current =
      auth::device_of_request(context.auth(), id, context.origin(), context.auth().clock.now());
  for (const tables::Device& device : data.devices)
    write_device(json, device, device.id == current);
  json.end_array();
  write_api_keys(json, data.api_keys);
  write_applications(json, data);
  write_audit(json, data.audit, id);
  json.end_object();
  return http::Reply::json(200, std::move(json))
      .with("Content-Disposition",
            "attachment; filename=\"authd-" + std::to_string(id.value) + ".json\"");
}

}  // namespace authd::api
