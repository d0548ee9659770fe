// Attributes: the members of users that the operator declares (config/reading/attributes.h), with
// their types and with who reads and writes them. A value whose attribute is no longer declared, or
// has another type now, stays in the store, but counts nowhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "auth/core/services.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxAttributeText = 1024;  // bytes
inline constexpr size_t kMaxAttributeTexts = 50;
inline constexpr size_t kMaxAttributeItem = 256;  // bytes of one of several texts
// Whole numbers that every JSON reader represents exactly (RFC 8259 section 6).
inline constexpr int64_t kMaxAttributeNumber = (int64_t{1} << 53) - 1;
// All attributes of a user as they are stored, so that the row fits (store/limits.h).
inline constexpr size_t kMaxAttributeBytes = 64 << 10;

using AttributeValue = std::variant<std::string, int64_t, bool, std::vector<std::string>>;
using AttributeValues = std::map<std::string, AttributeValue, std::less<>>;  // by name

// On whose behalf attributes are read or changed.
enum class AttributeSide {
  owner,  // the person: what `read` and `write` allow the owner
  admin,  // administrators and operators: everything
};
bool may_read(const config::Attribute& attribute, AttributeSide side);
bool may_write(const config::Attribute& attribute, AttributeSide side);

// A new value by the name of its attribute; nullopt removes it. An empty text and an empty list
// remove it too: nothing is stored for what is empty.
using AttributeChanges = std::vector<std::pair<std::string, std::optional<AttributeValue>>>;

// The member "attributes" of a request; no changes if it is absent. Error: `invalid`, field
// "attributes.<name>", for a value that no attribute can have.
Result<AttributeChanges> attribute_changes_of(const JsonObject& form);

// A change as the command line and CSV files write it, by the declared type: "12", "true",
// "a,b" or ["a","b"]; empty text removes the value. Error: `invalid`, field "attributes.<name>".
Result<AttributeChanges::value_type> attribute_change_of(const config::Realm& realm,
                                                         const std::string& name,
                                                         std::string_view text);
// The value in that form.
std::string attribute_text(const AttributeValue& value);

// Whether the changes are allowed, and fit the declarations. Errors: `invalid`, field
// "attributes.<name>", for a name that is not declared or that the side does not see, a wrong type,
// and a value beyond the limits above; `forbidden`, "attribute_read_only", likewise.
Result<void> check_attribute_changes(const config::Realm& realm, const AttributeChanges& changes,
                                     AttributeSide side);

// The limits alone, and whether the name can be one. Error: `invalid`, with the field.
Result<void> check_attribute_value(std::string_view name, const AttributeValue& value);
// The refusal of more than kMaxAttributeBytes, field "attributes".
Error attributes_too_long();

// An empty text or list, for which nothing is stored.
bool is_empty(const AttributeValue& value);

// Makes the checked changes, in one write, and returns the names of those that changed something,
// in the form of the audit log. Error: `invalid`, field "attributes", if all attributes together
// would be too long.
Result<std::string> change_attributes(store::WriteTxn& tx, UserId user,
                                      const AttributeChanges& changes);

// Those that are declared, with a value of the declared type. Reads nothing if none is declared.
AttributeValues attributes_of(store::Reader& tx, const config::Realm& realm, UserId user);
// The same in a transaction of its own.
Result<AttributeValues> view_attributes(const Services& s, UserId user);

// All that is stored, declared or not.
AttributeValues stored_attributes(store::Reader& tx, UserId user);
// Whether each value can be read, and has a name of its own.
bool are_readable(const tables::UserAttributes& row);
// Replaces all that is stored, in one write. `values` are within the limits.
void store_attributes(store::WriteTxn& tx, UserId user, const AttributeValues& values);
// How long that would be; at most kMaxAttributeBytes are allowed.
size_t stored_size(const AttributeValues& values);

void write_value(JsonWriter& json, const AttributeValue& value);
// {"name": value, …}: all attributes that the side reads, in the order of the configuration; null
// for those that the user does not have.
void write_attributes(JsonWriter& json, const config::Realm& realm, const AttributeValues& values,
                      AttributeSide side);

}  // namespace authd::auth
