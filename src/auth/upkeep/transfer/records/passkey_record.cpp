#include "auth/upkeep/transfer/records/passkey_record.h"

#include <algorithm>
#include <set>

#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/webauthn/cose_key.h"

namespace authd::auth::transfer {
namespace {

constexpr size_t kMinIdBytes = 16;
constexpr size_t kMaxIdBytes = 1023;
constexpr size_t kAaguidBytes = 16;
constexpr size_t kMaxTransports = 8;
constexpr size_t kMaxTransport = 32;

Error wrong(const char* message) {
  return Error{ErrorCode::invalid, message};
}

Result<std::string> bytes_of(const JsonObject& object, std::string_view field) {
  const auto bytes = base64url_decode(TRY(object.string(field)));
  if (!bytes) return wrong("a passkey has bytes that are not base64url");
  return *bytes;
}

Result<Time> time_in(const JsonObject& object, std::string_view field) {
  const auto text = TRY(object.optional_string(field));
  if (!text) return Time{};
  const auto time = parse_time(*text);
  if (!time) return wrong("a passkey has a time that cannot be read");
  return *time;
}

Result<tables::Passkey> read_one(const JsonObject& object) {
  static const std::set<std::string, std::less<>> kKnown = {
      "id",           "public_key", "sign_count", "is_synced", "backed_up", "user_verified",
      "discoverable", "transports", "aaguid",     "rp_id",     "name",      "created_at",
      "last_used"};
  for (const std::string& field : object.keys()) {
    if (!kKnown.contains(field)) return wrong("a passkey has an unknown field");
  }
  tables::Passkey row;
  row.id = TRY(bytes_of(object, "id"));
  row.public_key = TRY(bytes_of(object, "public_key"));
  const int64_t count = TRY(object.optional_integer("sign_count")).value_or(0);
  if (count < 0 || count > UINT32_MAX) return wrong("a passkey has a counter that cannot be read");
  row.sign_count = static_cast<uint64_t>(count);
  row.backup_eligible = TRY(object.optional_boolean("is_synced")).value_or(false);
  row.backed_up = TRY(object.optional_boolean("backed_up")).value_or(false);
  row.uv_initialized = TRY(object.optional_boolean("user_verified")).value_or(false);
  row.is_discoverable = TRY(object.optional_boolean("discoverable")).value_or(false);
  row.transports = TRY(object.optional_strings("transports")).value_or(row.transports);
  row.aaguid = TRY(bytes_of(object, "aaguid"));
  row.rp_id = TRY(object.string("rp_id"));
  row.name = TRY(object.string("name"));
  row.created_at = TRY(time_in(object, "created_at"));
  row.last_used = TRY(time_in(object, "last_used"));
  return row;
}

}  // namespace

Result<tables::Passkey> check_passkey(tables::Passkey row, Time now) {
  if (row.id.size() < kMinIdBytes || row.id.size() > kMaxIdBytes) {
    return wrong("the id of a passkey does not have 16 to 1023 bytes");
  }
  const auto key = crypto::CoseKey::parse(row.public_key);
  if (!key) return wrong("the key of a passkey is not of a kind that authd accepts");
  if (row.aaguid.size() != kAaguidBytes)
    return wrong("the aaguid of a passkey does not have 16 bytes");
  if (row.backed_up && !row.backup_eligible)
    return wrong("a passkey is marked as backed up, but not as eligible for backup");
  const bool are_transports =
      row.transports.size() <= kMaxTransports &&
      std::all_of(row.transports.begin(), row.transports.end(), [](const std::string& one) {
        return is_lower_name(one, "-") && one.size() <= kMaxTransport;
      });
  if (!are_transports) return wrong("the transports of a passkey are not valid");
  row.id_hash = crypto::sha256(row.id);
  row.algorithm = crypto::name(key->algorithm());
  row.name = TRY(parse_passkey_name(row.name));
  if (row.created_at == Time{}) row.created_at = now;
  if (row.last_used == Time{}) row.last_used = row.created_at;
  return row;
}

void write_passkeys(JsonWriter& json, const tables::User& user,
                    const std::vector<tables::Passkey>& passkeys) {
  if (passkeys.empty()) return;
  json.field("user_handle", base64url_encode(user.passkey_handle));
  json.key("passkeys").begin_array();
  for (const tables::Passkey& one : passkeys) {
    json.begin_object()
        .field("id", base64url_encode(one.id))
        .field("public_key", base64url_encode(one.public_key))
        .field("sign_count", one.sign_count)
        .field("is_synced", one.backup_eligible)
        .field("backed_up", one.backed_up)
        .field("user_verified", one.uv_initialized)
        .field("discoverable", one.is_discoverable)
        .key("transports")
        .begin_array();
    for (const std::string& transport : one.transports)
      json.value(transport);
    json.end_array()
        .field("aaguid", base64url_encode(one.aaguid))
        .field("rp_id", one.rp_id)
        .field("name", one.name)
        .field("created_at", format_rfc3339_exact(one.created_at))
        .field("last_used", format_rfc3339_exact(one.last_used))
        .end_object();
  }
  json.end_array();
}

Result<std::vector<tables::Passkey>> read_passkeys(const JsonObject& line) {
  std::vector<tables::Passkey> rows;
  const auto objects = TRY(line.optional_objects("passkeys"));
  if (!objects) return rows;
  for (const JsonObject& object : *objects)
    rows.push_back(TRY(read_one(object)));
  return rows;
}

}  // namespace authd::auth::transfer
