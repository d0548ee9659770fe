#include "auth/accounts/profile/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.h"
#include "base/text.h"
#include "config/reading/attributes.h"
#include "config/reading/values.h"

namespace authd::auth {
namespace {

using config::AttributeAccess;
using config::AttributeType;
using Texts = std::vector<std::string>;

bool can_be_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

// "attributes.department"; a name that cannot be one is not repeated.
std::string field_of(std::string_view name) {
  return can_be_name(name) ? "attributes." + std::string(name) : "attributes";
}

Error wrong(std::string_view name, std::string message) {
  return Error{ErrorCode::invalid, std::move(message), field_of(name)};
}

// One answer for what is not declared and for what the person does not see: no oracle.
Error unknown(std::string_view name) {
  return wrong(name, "There is no such attribute.");
}

bool is_plain(const std::string& text) {
  return is_valid_utf8(text) && !has_control(text);
}

AttributeType type_of(const AttributeValue& value) {
  constexpr std::array kTypes = {AttributeType::text, AttributeType::number, AttributeType::boolean,
                                 AttributeType::texts};
  static_assert(std::variant_size_v<AttributeValue> == kTypes.size());
  return kTypes[value.index()];
}

std::string_view form_of(AttributeType type) {
  switch (type) {
    case AttributeType::text: return "a text";
    case AttributeType::number: return "a whole number";
    case AttributeType::boolean: return "true or false";
    case AttributeType::texts: return "a list of texts";
  }
  __builtin_unreachable();
}

Error wrong_type(std::string_view name, AttributeType type) {
  return wrong(name, "This must be " + std::string(form_of(type)) + ".");
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, number);
  if (text.empty() || failure != std::errc() || at != end) return std::nullopt;
  return number;
}

// A list as JSON, or with commas between the texts.
std::optional<Texts> parse_texts(std::string_view text) {
  if (!text.starts_with('[')) return config::split_list(text);
  const Result<JsonObject> json = JsonObject::parse("{\"list\":" + std::string(text) + "}");
  if (!json) return std::nullopt;
  Result<std::optional<Texts>> texts = json->optional_strings("list");
  return texts ? std::move(*texts) : std::nullopt;
}

std::optional<AttributeValue> parse_value(AttributeType type, std::string_view text) {
  switch (type) {
    case AttributeType::text: return std::string(text);
    case AttributeType::number: {
      const std::optional<int64_t> number = parse_integer(text);
      return number ? std::optional<AttributeValue>(*number) : std::nullopt;
    }
    case AttributeType::boolean:
      if (text != "true" && text != "false") return std::nullopt;
      return text == "true";
    case AttributeType::texts: {
      std::optional<Texts> texts = parse_texts(text);
      return texts ? std::optional<AttributeValue>(std::move(*texts)) : std::nullopt;
    }
  }
  __builtin_unreachable();
}

tables::AttributeRow row_of(const std::string& name, const AttributeValue& value) {
  tables::AttributeRow row;
  row.name = name;
  switch (type_of(value)) {
    case AttributeType::text: row.kind = tables::AttributeKind::text; break;
    case AttributeType::number: row.kind = tables::AttributeKind::number; break;
    case AttributeType::boolean: row.kind = tables::AttributeKind::boolean; break;
    case AttributeType::texts: row.kind = tables::AttributeKind::texts; break;
  }
  if (const auto* texts = std::get_if<Texts>(&value)) {
    row.texts = *texts;
  } else {
    row.text = attribute_text(value);
  }
  return row;
}

std::optional<AttributeValue> value_of(tables::AttributeRow row) {
  switch (row.kind) {
    case tables::AttributeKind::text: return std::move(row.text);
    case tables::AttributeKind::number: return parse_value(AttributeType::number, row.text);
    case tables::AttributeKind::boolean: return parse_value(AttributeType::boolean, row.text);
    case tables::AttributeKind::texts: return std::move(row.texts);
  }
  return std::nullopt;  // Of a newer release.
}

std::string key_of(UserId user) {
  return tables::big_endian(user.value);
}

tables::UserAttributes find_row(store::Reader& tx, UserId user) {
  tables::UserAttributes none;
  none.user = user;
  return tables::user_attributes.find(tx, key_of(user)).value_or(std::move(none));
}

// The rows of a user's values, by name. Those of a newer release are kept as they are.
using Rows = std::map<std::string, std::string, std::less<>>;

Rows rows_in(const tables::UserAttributes& all) {
  Rows rows;
  for (const std::string& bytes : all.values) {
    rows.emplace(tables::decode_row<tables::AttributeRow>(bytes, "an attribute").name, bytes);
  }
  return rows;
}

size_t size_of(const Rows& rows) {
  size_t size = 0;
  for (const auto& [name, bytes] : rows)
    size += bytes.size() + 3;  // With the length before it.
  return size;
}

void put_rows(store::WriteTxn& tx, tables::UserAttributes all, const Rows& rows) {
  if (rows.empty()) {
    tables::user_attributes.del(tx, key_of(all.user));
    return;
  }
  all.values.clear();
  for (const auto& [name, bytes] : rows)
    all.values.push_back(bytes);
  tables::user_attributes.put(tx, all);
}

Rows rows_of_values(const AttributeValues& values) {
  Rows rows;
  for (const auto& [name, value] : values)
    rows.emplace(name, tables::encode_row(row_of(name, value)));
  return rows;
}

}  // namespace

bool may_read(const config::Attribute& attribute, AttributeSide side) {
  return side == AttributeSide::admin || attribute.read == AttributeAccess::owner;
}

bool may_write(const config::Attribute& attribute, AttributeSide side) {
  return side == AttributeSide::admin || attribute.write == AttributeAccess::owner;
}

Result<AttributeChanges> attribute_changes_of(const JsonObject& form) {
  AttributeChanges changes;
  if (!form.has("attributes")) return changes;
  const JsonObject attributes = TRY(form.object("attributes"));
  for (const std::string& name : attributes.keys()) {
    std::optional<AttributeValue> value;
    if (attributes.is_null(name)) {
      value = std::nullopt;
    } else if (auto text = attributes.string(name)) {
      value = std::move(*text);
    } else if (const auto number = attributes.integer(name)) {
      value = *number;
    } else if (const auto flag = attributes.optional_boolean(name)) {
      value = **flag;
    } else if (auto texts = attributes.optional_strings(name)) {
      value = std::move(**texts);
    } else {
      return wrong(name, "This must be a text, a whole number, true, false or a list of texts.");
    }
    changes.emplace_back(name, std::move(value));
  }
  return changes;
}

Result<AttributeChanges::value_type> attribute_change_of(const config::Realm& realm,
                                                         const std::string& name,
                                                         std::string_view text) {
  const config::Attribute* attribute = config::find_attribute(realm, name);
  if (attribute == nullptr) return unknown(name);
  AttributeChanges::value_type change(name, std::nullopt);
  if (text.empty()) return change;
  change.second = parse_value(attribute->type, text);
  if (!change.second) return wrong_type(name, attribute->type);
  return change;
}

std::string attribute_text(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  JsonWriter json;
  write_value(json, value);
  return json.take();
}

bool is_empty(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty();
  const auto* texts = std::get_if<Texts>(&value);
  return texts != nullptr && texts->empty();
}

Error attributes_too_long() {
  return Error{ErrorCode::invalid, "All attributes of a user together have at most 64 KiB.",
               "attributes"};
}

Result<void> check_attribute_value(std::string_view name, const AttributeValue& value) {
  if (!can_be_name(name)) return unknown(name);
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (!is_plain(*text) || text->size() > kMaxAttributeText) {
      return wrong(name, "A text has at most 1024 bytes, and no control characters.");
    }
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    if (*number > kMaxAttributeNumber || *number < -kMaxAttributeNumber) {
      return wrong(name, "A number is between -9007199254740991 and 9007199254740991.");
    }
  } else if (const auto* texts = std::get_if<Texts>(&value)) {
    const bool is_good = std::all_of(texts->begin(), texts->end(), [](const std::string& one) {
      return !one.empty() && one.size() <= kMaxAttributeItem && is_plain(one);
    });
    if (!is_good || texts->size() > kMaxAttributeTexts) {
      return wrong(name,
                   "A list has at most 50 texts, each of 1 to 256 bytes without control "
                   "characters.");
    }
  }
  return {};
}

Result<void> check_attribute_changes(const config::Realm& realm, const AttributeChanges& changes,
                                     AttributeSide side) {
  for (const auto& [name, value] : changes) {
    const config::Attribute* attribute = config::find_attribute(realm, name);
    if (attribute == nullptr || !may_read(*attribute, side)) return unknown(name);
    if (!may_write(*attribute, side)) {
      return Error{ErrorCode::forbidden, "Only an administrator can change this.", field_of(name),
                   "attribute_read_only"};
    }
    if (!value) continue;
    if (type_of(*value) != attribute->type) return wrong_type(name, attribute->type);
    TRY(check_attribute_value(name, *value));
  }
  return {};
}

Result<std::string> change_attributes(store::WriteTxn& tx, UserId user,
                                      const AttributeChanges& changes) {
  const tables::UserAttributes all = find_row(tx, user);
  Rows rows = rows_in(all);
  Texts changed;
  for (const auto& [name, value] : changes) {
    const auto before = rows.find(name);
    if (!value || is_empty(*value)) {
      if (before == rows.end()) continue;
      rows.erase(before);
    } else {
      std::string bytes = tables::encode_row(row_of(name, *value));
      if (before != rows.end() && before->second == bytes) continue;
      rows.insert_or_assign(name, std::move(bytes));
    }
    changed.push_back(name);
  }
  if (changed.empty()) return std::string();
  if (size_of(rows) > kMaxAttributeBytes) return attributes_too_long();
  put_rows(tx, all, rows);
  return joined(changed, ", ");
}

AttributeValues attributes_of(store::Reader& tx, const config::Realm& realm, UserId user) {
  if (realm.attributes.empty()) return {};
  AttributeValues values = stored_attributes(tx, user);
  std::erase_if(values, [&](const auto& one) {
    const config::Attribute* attribute = config::find_attribute(realm, one.first);
    return attribute == nullptr || attribute->type != type_of(one.second);
  });
  return values;
}

Result<AttributeValues> view_attributes(const Services& s, UserId user) {
  if (s.config.attributes.empty()) return AttributeValues{};
  return s.store.read([&](store::ReadTxn& tx) -> Result<AttributeValues> {
    return attributes_of(tx, s.config, user);
  });
}

AttributeValues stored_attributes(store::Reader& tx, UserId user) {
  AttributeValues values;
  for (const std::string& bytes : find_row(tx, user).values) {
    auto row = tables::decode_row<tables::AttributeRow>(bytes, "an attribute");
    std::string name = row.name;
    if (std::optional<AttributeValue> value = value_of(std::move(row))) {
      values.emplace(std::move(name), std::move(*value));
    }
  }
  return values;
}

bool are_readable(const tables::UserAttributes& row) {
  std::string last;
  for (const std::string& bytes : row.values) {
    try {
      auto value = tables::decode_row<tables::AttributeRow>(bytes, "an attribute");
      if (value.name <= last) return false;
      last = std::move(value.name);
    } catch (const store::Fault&) {
      return false;
    }
  }
  return true;
}

void store_attributes(store::WriteTxn& tx, UserId user, const AttributeValues& values) {
  tables::UserAttributes all;
  all.user = user;
  put_rows(tx, std::move(all), rows_of_values(values));
}

size_t stored_size(const AttributeValues& values) {
  return size_of(rows_of_values(values));
}

void write_value(JsonWriter& json, const AttributeValue& value) {
  if (const auto* texts = std::get_if<Texts>(&value)) {
    json.begin_array();
    for (const std::string& text : *texts)
      json.value(text);
    json.end_array();
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    json.value(*number);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    json.value(*flag);
  } else {
    json.value(std::get<std::string>(value));
  }
}

void write_attributes(JsonWriter& json, const config::Realm& realm, const AttributeValues& values,
                      AttributeSide side) {
  json.begin_object();
  for (const config::Attribute& attribute : realm.attributes) {
    if (!may_read(attribute, side)) continue;
    json.key(attribute.name);
    const auto found = values.find(attribute.name);
    if (found == values.end()) {
      json.null();
    } else {
      write_value(json, found->second);
    }
  }
  json.end_object();
}

}  // namespace authd::auth
