// authd's own JSON Lines, as `authd export` writes them (export.h): one object per line, with a
// "type". An unknown field is refused, because a typo in "password_hash" would leave somebody
// without a password.
#include <algorithm>
#include <array>

#include "auth/oauth/clients/client_logos.h"
#include "auth/oauth/clients/client_members.h"
#include "auth/oauth/clients/clients.h"
#include "auth/oauth/clients/imported_secret.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/records/export.h"
#include "auth/upkeep/transfer/records/passkey_record.h"
#include "base/encoding.h"
#include "base/json.h"
#include "crypto/digest.h"

namespace authd::auth::transfer {
namespace {

Result<void> check_fields(const JsonObject& line, std::initializer_list<std::string_view> known) {
  for (const std::string& field : line.keys()) {
    if (field != "type" && std::find(known.begin(), known.end(), field) == known.end()) {
      return Error{ErrorCode::invalid, "the field \"" + field.substr(0, 100) + "\" is unknown"};
    }
  }
  return {};
}

Result<void> take(const JsonObject& line, std::string_view field, std::string& out) {
  out = TRY(line.optional_string(field)).value_or("");
  return {};
}

Result<void> take(const JsonObject& line, std::string_view field, bool& out) {
  out = TRY(line.optional_boolean(field)).value_or(out);
  return {};
}

Result<void> take(const JsonObject& line, std::string_view field, uint64_t& out) {
  const int64_t number = TRY(line.optional_integer(field)).value_or(0);
  if (number < 0) {
    return Error{ErrorCode::invalid, "the field \"" + std::string(field) + "\" is negative"};
  }
  out = static_cast<uint64_t>(number);
  return {};
}

Result<void> take(const JsonObject& line, std::string_view field, std::optional<Time>& out) {
  const std::optional<std::string> text = TRY(line.optional_string(field));
  if (!text) return {};
  out = parse_time(*text);
  if (!out) {
    return Error{ErrorCode::invalid, "the field \"" + std::string(field) + "\" is not a time"};
  }
  return {};
}

Result<Account> read_account(const JsonObject& line) {
  TRY(check_fields(line, {"id",
                          "subject",
                          "username",
                          "email",
                          "email_verified",
                          "mailbox_alone",
                          "awaits_email",
                          "is_claim",
                          "password_hash",
                          "must_change_password",
                          "terms_version",
                          "terms_accepted_at",
                          "first_name",
                          "last_name",
                          "phone_number",
                          "locale",
                          "avatar_url",
                          "avatar",
                          "roles",
                          "attributes",
                          "totp_secret",
                          "totp_since",
                          "totp_last_step",
                          "user_handle",
                          "passkeys",
                          "disabled",
                          "created_at",
                          "updated_at",
                          "last_activity",
                          "password_changed_at"}));
  Account account;
  TRY(take(line, "id", account.id));
  TRY(take(line, "subject", account.subject));
  TRY(take(line, "username", account.username));
  TRY(take(line, "email", account.email));
  TRY(take(line, "email_verified", account.email_verified));
  TRY(take(line, "mailbox_alone", account.mailbox_alone));
  TRY(take(line, "awaits_email", account.awaits_email));
  TRY(take(line, "is_claim", account.is_claim));
  TRY(take(line, "must_change_password", account.must_change_password));
  TRY(take(line, "terms_version", account.terms_version));
  TRY(take(line, "terms_accepted_at", account.terms_accepted_at));
  TRY(take(line, "password_hash", account.password_hash));
  TRY(take(line, "first_name", account.first_name));
  TRY(take(line, "last_name", account.last_name));
  TRY(take(line, "phone_number", account.phone_number));
  TRY(take(line, "locale", account.locale));
  TRY(take(line, "avatar_url", account.avatar_url));
  TRY(take(line, "avatar", account.avatar));
  TRY(take(line, "totp_secret", account.totp_secret));
  TRY(take(line, "totp_since", account.totp_since));
  TRY(take(line, "totp_last_step", account.totp_last_step));
  TRY(take(line, "user_handle", account.user_handle));
  account.passkeys = TRY(read_passkeys(line));
  TRY(take(line, "disabled", account.disabled));
  TRY(take(line, "created_at", account.created_at));
  TRY(take(line, "updated_at", account.updated_at));
  TRY(take(line, "last_activity", account.last_activity));
  TRY(take(line, "password_changed_at", account.password_changed_at));
  account.attributes = TRY(attribute_changes_of(line));
  if (auto roles = TRY(line.optional_strings("roles"))) {
    account.roles = std::move(*roles);
    account.has_all_roles = true;
  }
  return account;
}

Result<tables::Role> read_role(const JsonObject& line) {
  TRY(check_fields(line, {"name", "description", "permissions", "created_at"}));
  tables::Role role;
  std::optional<Time> created_at;
  TRY(take(line, "name", role.name));
  TRY(take(line, "description", role.description));
  TRY(take(line, "created_at", created_at));
  role.permissions = TRY(line.optional_strings("permissions")).value_or(role.permissions);
  role.created_at = created_at.value_or(Time{});
  return role;
}

Result<tables::Resource> read_resource(const JsonObject& line) {
  TRY(check_fields(line, {"identifier", "name", "scopes", "access_ttl_ms", "created_at"}));
  tables::Resource resource;
  std::optional<Time> created_at;
  TRY(take(line, "identifier", resource.identifier));
  TRY(take(line, "name", resource.name));
  TRY(take(line, "created_at", created_at));
  resource.scopes = TRY(line.optional_strings("scopes")).value_or(resource.scopes);
  const int64_t life = TRY(line.optional_integer("access_ttl_ms")).value_or(0);
  resource.access_ttl_ms = static_cast<uint64_t>(std::max<int64_t>(life, 0));
  resource.created_at = created_at.value_or(Time{});
  return resource;
}

Result<tables::ClientSecretRow> read_secret(const JsonObject& secret) {
  tables::ClientSecretRow row;
  std::optional<Time> created_at;
  std::optional<Time> expires_at;
  TRY(take(secret, "id", row.id));
  row.hash = hex_decode(TRY(secret.string("hash"))).value_or("");
  if (row.hash.size() != crypto::kSha256Bytes && !is_importable_hash(row.hash)) {
    return Error{ErrorCode::invalid, "a secret's hash is not a SHA-256 hash"};
  }
  TRY(take(secret, "created_at", created_at));
  TRY(take(secret, "expires_at", expires_at));
  row.created_at = created_at.value_or(Time{});
  row.expires_at = expires_at.value_or(Time{});
  return row;
}

// Version 1 has one secret_hash, and of the members only the name.
Result<ClientRecord> read_client(const JsonObject& line) {
  constexpr std::array<std::string_view, 6> kOthers = {"type",    "id",         "secret_hash",
                                                       "secrets", "created_at", "logo"};
  ClientRecord record;
  tables::Client& client = record.client;
  std::optional<Time> created_at;
  std::string secret_hash;
  TRY(take(line, "id", client.id));
  TRY(take(line, "secret_hash", secret_hash));
  TRY(take(line, "created_at", created_at));
  for (const ClientChange& change : TRY(changes_from_json(line, kOthers)))
    TRY(set_member(client, change));
  for (const JsonObject& secret :
       TRY(line.optional_objects("secrets")).value_or(std::vector<JsonObject>{})) {
    const tables::ClientSecretRow row = TRY(read_secret(secret));
    if (row.id == kFirstSecretId) {
      if (!client.secret_hash.empty()) {
        return Error{ErrorCode::invalid, "two secrets have the same id"};
      }
      client.secret_hash = row.hash;
    } else {
      client.secrets.push_back(tables::encode_row(row));
    }
  }
  if (!secret_hash.empty()) {
    client.secret_hash = hex_decode(secret_hash).value_or("");
    if (client.secret_hash.empty()) {
      return Error{ErrorCode::invalid, "the secret_hash is not a SHA-256 hash"};
    }
  }
  client.created_at = created_at.value_or(Time{});
  std::string logo;
  TRY(take(line, "logo", logo));
  record.logo = base64_decode(logo).value_or("");
  if (logo.empty() || is_client_logo(record.logo)) return record;
  return Error{ErrorCode::invalid, "the logo is not a JPEG that authd exported"};
}

class JsonlReader final : public RecordReader {
 public:
  explicit JsonlReader(Source& source) : source_(source) { source.skip_byte_order_mark(); }

  Result<std::optional<Record>> next() override {
    while (true) {
      Record record;
      record.line = source_.line();
      const Source::Line outcome = source_.read_line(line_, kMaxRecord);
      if (outcome == Source::Line::end) {
        if (source_.failure()) return Error(*source_.failure());
        return std::optional<Record>{};
      }
      if (outcome == Source::Line::too_long) record.problem = "the line is longer than 1 MiB";
      if (record.problem.empty() && line_.find_first_not_of(" \t") == std::string::npos) continue;
      if (record.problem.empty()) {
        const Result<bool> has_record = read(record);
        if (has_record && !*has_record) continue;
        if (!has_record) record.problem = has_record.error().message;
      }
      return std::optional<Record>(std::move(record));
    }
  }

 private:
  // False for a line that is not a record: the first one, which identifies the file.
  Result<bool> read(Record& record) {
    const JsonObject line = TRY(JsonObject::parse(line_));
    std::string type;
    TRY(take(line, "type", type));
    if (type == "user") {
      record.what = TRY(read_account(line));
    } else if (type == "role") {
      record.what = TRY(read_role(line));
    } else if (type == "client") {
      record.what = TRY(read_client(line));
    } else if (type == "resource") {
      record.what = TRY(read_resource(line));
    } else if (type == "pairwise_key") {
      const std::string key = TRY(line.string("key"));
      record.what = PairwiseKey{SecretKey(hex_decode(key).value_or(""))};
    } else if (type == kExportType) {
      const int64_t version = TRY(line.integer("version"));
      if (version <= kExportVersion) return false;
      return Error{ErrorCode::invalid, "the file was written by a newer authd"};
    } else {
      return Error{ErrorCode::invalid,
                   "the type is not user, role, resource, client or pairwise_key"};
    }
    return true;
  }

  Source& source_;
  std::string line_;
};

}  // namespace

std::unique_ptr<RecordReader> read_jsonl(Source& source) {
  return std::make_unique<JsonlReader>(source);
}

}  // namespace authd::auth::transfer
