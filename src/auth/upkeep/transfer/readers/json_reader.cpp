// People as JSON: what Firebase (auth:export) and Auth0 write, and any list of objects with fields
// that the columns of tables have as well (columns.h), in any of three layouts: an array, an object
// with an array "users" or "data", or JSON Lines.
#include <array>

#include "auth/upkeep/transfer/records/check.h"
#include "auth/upkeep/transfer/records/columns.h"
#include "auth/upkeep/transfer/records/firebase.h"
#include "auth/upkeep/transfer/syntax/json_layout.h"
#include "base/json.h"
#include "base/text.h"

namespace authd::auth::transfer {
namespace {

// What is done with a field that columns.h does not know.
enum class Treatment {
  nothing,  // it says nothing about the person
  loss,     // unless it is empty
  special,  // take_special()
};

struct Field {
  std::string_view name;  // as column_name() has it
  Treatment treatment;
  std::string_view what = {};  // for losses
};

constexpr std::array kFields = {
    Field{"local_id", Treatment::nothing},
    Field{"user_id", Treatment::nothing},
    Field{"_id", Treatment::nothing},
    Field{"tenant", Treatment::nothing},
    Field{"connection", Treatment::nothing},
    Field{"_tmp_is_unique", Treatment::nothing},
    Field{"nickname", Treatment::nothing},
    Field{"logins_count", Treatment::nothing},
    Field{"last_ip", Treatment::nothing},
    Field{"phone_verified", Treatment::nothing},
    Field{"salt", Treatment::nothing},
    Field{"last_signed_in_at", Treatment::special},
    Field{"photo_url", Treatment::special},
    Field{"picture", Treatment::special},
    Field{"provider_user_info", Treatment::loss, "linked providers"},
    Field{"mfa_info", Treatment::loss, "second factors"},
    Field{"mfa_factors", Treatment::loss, "second factors"},
    Field{"multifactor", Treatment::loss, "second factors"},
    Field{"custom_attributes", Treatment::loss, "custom claims"},
    Field{"groups", Treatment::loss, "groups"},
    Field{"password_hash", Treatment::special},
    Field{"custom_password_hash", Treatment::special},
    Field{"roles", Treatment::special},
    Field{"identities", Treatment::special},
};

const Field* find_field(std::string_view name) {
  for (const Field& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

// Text, or a number or truth value as text; nullopt for null, lists and objects, except the dates
// of MongoDB, {"$date": "…"}.
std::optional<std::string> text_of(const JsonObject& user, const std::string& key) {
  if (const auto text = user.optional_string(key)) return *text;
  if (const auto number = user.optional_integer(key); number && *number) {
    return std::to_string(**number);
  }
  if (const auto flag = user.optional_boolean(key); flag && *flag) return **flag ? "true" : "false";
  if (const auto date = user.object(key)) {
    const auto text = date->optional_string("$date");
    if (text) return *text;
  }
  return std::nullopt;
}

// An empty list counts as nothing, and so does a list with the one identity that every account of
// Auth0 and Firebase has.
bool is_empty(const JsonObject& user, const std::string& key) {
  if (user.is_null(key)) return true;
  const auto objects = user.optional_objects(key);
  if (objects && *objects) return (*objects)->empty();
  const auto strings = user.optional_strings(key);
  if (strings && *strings) return (*strings)->empty();
  const auto text = user.optional_string(key);
  return text && text->value_or("").empty();
}

Result<void> take_hash(Account& account, const JsonObject& user, const std::string& key) {
  const std::string hash = TRY(user.optional_string(key)).value_or("");
  const auto salt = user.optional_string("salt");
  const bool is_of_firebase = user.has("localId") && !hash.empty() && salt;
  account.password_hash = is_of_firebase ? firebase_hash(salt->value_or(""), hash) : hash;
  return {};
}

// Auth0's import format: {"algorithm": "bcrypt", "hash": {"value": "$2b$…"}}
Result<void> take_custom_hash(Account& account, const JsonObject& user, const std::string& key) {
  const JsonObject custom = TRY(user.object(key));
  const auto hash = custom.object("hash");
  account.password_hash = hash ? TRY(hash->optional_string("value")).value_or("") : "";
  // A salt beside the hash would have to become part of it.
  if (account.password_hash.empty() || custom.has("salt")) {
    account.password_hash = "(" + TRY(custom.optional_string("algorithm")).value_or("") + ")";
  }
  return {};
}

Result<void> take_roles(Account& account, const JsonObject& user, const std::string& key) {
  if (user.is_null(key)) return {};
  if (const auto text = user.optional_string(key)) {
    set_column(account, "roles", text->value_or(""));
    return {};
  }
  for (const std::string& role : TRY(user.string_or_strings(key)))
    account.roles.push_back(lower(role));
  return {};
}

Result<void> take_special(Account& account, const JsonObject& user, const std::string& key,
                          const std::string& name) {
  if (name == "password_hash") return take_hash(account, user, key);
  if (name == "custom_password_hash") return take_custom_hash(account, user, key);
  if (name == "roles") return take_roles(account, user, key);
  if (name == "identities") {
    const auto identities = user.optional_objects(key);
    if (identities && *identities && (*identities)->size() > 1) {
      account.losses.emplace_back("linked providers");
    }
    return {};
  }
  const std::string text = text_of(user, key).value_or("");
  if (name == "photo_url" || name == "picture") account.avatar_url = text;
  if (name == "last_signed_in_at") account.last_activity = parse_time(text);
  return {};
}

Result<void> take_field(Account& account, const JsonObject& user, const std::string& key) {
  const std::string name = column_name(key);
  const Field* field = find_field(name);
  if (field != nullptr && field->treatment == Treatment::nothing) return {};
  if (field != nullptr && field->treatment == Treatment::special) {
    return take_special(account, user, key, name);
  }
  if (user.is_null(key)) return {};
  if (field != nullptr) {
    if (!is_empty(user, key)) account.losses.emplace_back(field->what);
    return {};
  }
  const std::optional<std::string> text = text_of(user, key);
  if (is_known_column(name) && text) {
    if (set_column(account, name, *text)) return {};
    return Error{ErrorCode::invalid, "the field \"" + key + "\" cannot be read"};
  }
  if (!is_empty(user, key)) note_unknown(account, "field", name);
  return {};
}

class JsonReader final : public RecordReader {
 public:
  JsonReader(Source& source, const JsonLayout& layout)
      : source_(source), users_(source, layout.name, layout.where) {}

  Result<std::optional<Record>> next() override {
    Record record;
    if (!users_.next(text_, record.problem)) {
      if (source_.failure()) return Error(*source_.failure());
      return std::optional<Record>{};
    }
    record.line = users_.line();
    if (!record.problem.empty()) return std::optional<Record>(std::move(record));
    Account account;
    const Result<void> done = read(account);
    if (!done) record.problem = done.error().message;
    settle_names(account);
    record.who = name_of(account);
    record.what = std::move(account);
    return std::optional<Record>(std::move(record));
  }

 private:
  Result<void> read(Account& account) {
    const JsonObject user = TRY(JsonObject::parse(text_));
    for (const std::string& key : user.keys())
      TRY(take_field(account, user, key));
    return {};
  }

  Source& source_;
  JsonArray users_;
  std::string text_;
};

}  // namespace

std::unique_ptr<RecordReader> read_json(Source& source) {
  source.skip_byte_order_mark();
  return std::make_unique<JsonReader>(source, layout_of(source.beginning()));
}

}  // namespace authd::auth::transfer
