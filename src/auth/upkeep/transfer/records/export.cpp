#include "auth/upkeep/transfer/records/export.h"

#include <type_traits>
#include <vector>

#include "auth/accounts/factors/authenticator_app.h"
#include "auth/accounts/factors/stored_factors.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/accounts/profile/attributes.h"
#include "auth/core/audit/audit.h"
#include "auth/core/ways.h"
#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/pairwise.h"
#include "auth/oauth/clients/resources.h"
#include "auth/sessions/roles.h"
#include "auth/upkeep/transfer/records/passkey_record.h"
#include "base/encoding.h"
#include "base/json_writer.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kPage = 500;

// Empty fields are omitted.
void field(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.field(name, text);
}

void field(JsonWriter& json, std::string_view name, Time time) {
  if (time != Time{}) json.field(name, format_rfc3339_exact(time));
}

void list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values)
    json.value(value);
  json.end_array();
}

std::string line_of(const tables::Role& role) {
  JsonWriter json;
  json.begin_object().field("type", "role").field("name", role.name);
  json.field("description", role.description);
  list(json, "permissions", role.permissions);
  field(json, "created_at", role.created_at);
  json.end_object();
  return json.take() + "\n";
}

std::string line_of(const tables::Resource& resource) {
  JsonWriter json;
  json.begin_object()
      .field("type", "resource")
      .field("identifier", resource.identifier)
      .field("name", resource.name)
      .key("scopes")
      .begin_array();
  for (const std::string& scope : resource.scopes)
    json.value(scope);
  json.end_array().field("access_ttl_ms", resource.access_ttl_ms);
  field(json, "created_at", resource.created_at);
  json.end_object();
  return json.take() + "\n";
}

std::string line_of(const SecretKey& pairwise_key) {
  JsonWriter json;
  json.begin_object()
      .field("type", "pairwise_key")
      .field("key", hex_encode(pairwise_key.reveal()))
      .end_object();
  return json.take() + "\n";
}

std::string line_of(const tables::Client& client, const std::string& logo) {
  JsonWriter json;
  json.begin_object().field("type", "client").field("id", client.id);
  write_members(json, client);
  json.key("secrets").begin_array();
  for (const tables::ClientSecretRow& secret : secrets_of(client)) {
    json.begin_object().field("id", secret.id).field("hash", hex_encode(secret.hash));
    field(json, "created_at", secret.created_at);
    if (secret.expires_at != Time{}) field(json, "expires_at", secret.expires_at);
    json.end_object();
  }
  json.end_array();
  field(json, "created_at", client.created_at);
  if (!logo.empty()) json.field("logo", base64_encode(logo));
  json.end_object();
  return json.take() + "\n";
}

// A user and everything that belongs to them, from one snapshot of the store.
struct Whole {
  tables::User user;
  std::vector<std::string> roles;
  std::optional<tables::Factors> factors;
  std::optional<tables::Avatar> avatar;
  AttributeValues attributes;
  std::vector<tables::Passkey> passkeys;
};

Result<std::string> line_of(const Services& s, const Whole& whole, ExportReport& report) {
  const tables::User& user = whole.user;
  JsonWriter json;
  json.begin_object().field("type", "user").field("id", user.id.value);
  field(json, "subject", user.subject);
  field(json, "username", user.username);
  field(json, "email", user.email);
  if (!user.email.empty()) json.field("email_verified", user.email_verified);
  if (user.mailbox_alone) json.field("mailbox_alone", true);
  if (user.awaits_email) json.field("awaits_email", true);
  if (user.is_claim) json.field("is_claim", true);
  if (user.must_change_password) json.field("must_change_password", true);
  field(json, "terms_version", user.terms_version);
  if (!user.terms_version.empty()) field(json, "terms_accepted_at", user.terms_accepted_at);
  field(json, "password_hash", user.password_hash);
  field(json, "first_name", user.first_name);
  field(json, "last_name", user.last_name);
  field(json, "phone_number", user.phone_number);
  field(json, "locale", user.locale);
  field(json, "avatar_url", user.avatar_url);
  if (whole.avatar) json.field("avatar", base64_encode(whole.avatar->jpeg));
  list(json, "roles", whole.roles);
  if (!whole.attributes.empty()) {
    json.key("attributes").begin_object();
    for (const auto& [name, value] : whole.attributes)
      write_value(json.key(name), value);
    json.end_object();
  }
  if (whole.factors && !whole.factors->totp.empty()) {
    const auto secret = s.master_key.open(whole.factors->totp, totp_context(user.id));
    if (!secret) {
      return Error{ErrorCode::unavailable, "the TOTP secret of user " +
                                               std::to_string(user.id.value) +
                                               " does not open with this master key"};
    }
    json.field("totp_secret", base32_encode(*secret));
    field(json, "totp_since", whole.factors->totp_since);
    if (whole.factors->totp_last_step != 0) {
      json.field("totp_last_step", whole.factors->totp_last_step);
    }
    report.totp_secrets += 1;
  }
  if (whole.factors && !whole.factors->recovery_macs.empty()) report.without_recovery += 1;
  write_passkeys(json, user, whole.passkeys);
  report.passkeys += whole.passkeys.size();
  if (user.disabled) json.field("disabled", true);
  field(json, "created_at", user.created_at);
  field(json, "updated_at", user.updated_at);
  field(json, "last_activity", user.last_activity);
  field(json, "password_changed_at", user.password_changed_at);
  json.end_object();
  return json.take() + "\n";
}

// Adds the user's rows in other tables: one function for each exported table. A new table without a
// function here does not compile.
void read_owned(store::Reader& tx, Whole& whole, std::type_identity<tables::Factors>) {
  if (!has_factor(whole.user) && whole.user.passkeys == 0) return;
  whole.factors = find_live_factors(tx, whole.user);
}

void read_owned(store::Reader& tx, Whole& whole, std::type_identity<tables::Avatar>) {
  if (whole.user.avatar_version.empty()) return;
  whole.avatar = tables::avatars.find(tx, tables::big_endian(whole.user.id.value));
}

void read_owned(store::ReadTxn& tx, Whole& whole, std::type_identity<tables::Passkey>) {
  if (passkeys_of(whole.user) == 0) return;
  whole.passkeys = live_passkeys_of(tx, whole.user);
}

// Declared here or not: another server, or this one tomorrow, may declare it.
void read_owned(store::Reader& tx, Whole& whole, std::type_identity<tables::UserAttributes>) {
  whole.attributes = stored_attributes(tx, whole.user.id);
}

Result<std::vector<Whole>> read_page(const Services& s, UserId after) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<Whole>> {
    std::vector<Whole> page;
    tables::users.scan(tx, tables::big_endian(after.value + 1), "",
                       [&](std::string_view, tables::User user) {
                         page.push_back({std::move(user), {}, {}, {}, {}, {}});
                         return page.size() < kPage;
                       });
    std::vector<std::string> permissions;
    for (Whole& whole : page) {
      load_roles(tx, whole.user, whole.roles, permissions);
      tables::for_each_owned_table([&]<typename T>(const T&) {
        if constexpr (T::kIsExported)
          read_owned(tx, whole, std::type_identity<typename T::RowType>());
      });
    }
    return page;
  });
}

Result<void> write_users(const Services& s, ExportReport& report,
                         FunctionRef<Result<void>(std::string_view)> write) {
  UserId after;
  while (true) {
    const std::vector<Whole> page = TRY(read_page(s, after));
    if (page.empty()) return {};
    std::string text;
    for (const Whole& whole : page)
      text += TRY(line_of(s, whole, report));
    TRY(write(text));
    report.users += page.size();
    after = page.back().user.id;
  }
}

Result<ExportReport> write_everything(const Services& s,
                                      FunctionRef<Result<void>(std::string_view)> write) {
  ExportReport report;
  JsonWriter head;
  head.begin_object().field("type", kExportType).field("version", kExportVersion).end_object();
  TRY(write(head.take() + "\n"));
  for (const tables::Role& role : TRY(list_roles(s))) {
    TRY(write(line_of(role)));
    report.roles += 1;
  }
  for (const tables::Resource& resource : TRY(list_resources(s)))
    TRY(write(line_of(resource)));
  for (const tables::Client& client : TRY(list_clients(s))) {
    const Result<tables::Avatar> logo = find_client_logo(s, client.id);
    if (!logo && logo.error().code != ErrorCode::not_found) return logo.error();
    TRY(write(line_of(client, logo ? logo->jpeg : "")));
    report.clients += 1;
  }
  const SecretKey key = TRY(find_pairwise_key(s));
  if (!key.empty()) TRY(write(line_of(key)));
  TRY(write_users(s, report, write));
  return report;
}

}  // namespace

Result<ExportReport> export_everything(const Services& s, const Origin& origin,
                                       FunctionRef<Result<void>(std::string_view)> write) {
  // Before the first secret leaves the server.
  TRY(audit_alone(s, origin, {"export_started", std::nullopt}));
  Result<ExportReport> report = write_everything(s, write);
  const std::string count = report ? std::to_string(report->users) : "";
  TRY(audit_alone(s, origin,
                  {"users_exported", std::nullopt, report ? "ok" : "failed", {}, count}));
  return report;
}

}  // namespace authd::auth::transfer
