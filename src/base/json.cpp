#include "base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <new>
#include <variant>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/per_thread.h"
#include "base/wipe.h"

namespace authd {

// Our own small tree: simdjson's lives in its parser, which is reused per thread.
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Members = std::vector<std::pair<std::string, std::shared_ptr<const JsonValue>>>;
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Members> data;

  const JsonValue* find(std::string_view name) const {
    for (const auto& [key, value] : std::get<Members>(data)) {
      if (key == name) return value.get();
    }
    return nullptr;
  }
};

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr size_t kLeastCapacity = 1024;

// A thread keeps a parser of at most this capacity between requests.
constexpr size_t kKeptCapacity = 256 * 1024;

// The parser of this thread, for a text of the given length. It keeps its buffers from one document
// to the next, unless the last one was large, but not their contents: the body of a login is a
// document too.
class ThreadParser {
 public:
  explicit ThreadParser(size_t length) : length_(length) {}
  ThreadParser(const ThreadParser&) = delete;
  ThreadParser& operator=(const ThreadParser&) = delete;
  ~ThreadParser() {
    if (parser_.capacity() > kKeptCapacity) {
      parser_ = simdjson::dom::parser();  // Freeing wipes (freed_memory.cpp).
    } else if (parser_.doc.string_buf) {
      // No document fills more of it than this: the document has its own capacity, which is smaller
      // than the parser's until a text has been parsed.
      const size_t used =
          std::min(size_of_strings(length_), size_of_strings(parser_.doc.capacity()));
      wipe(reinterpret_cast<char*>(parser_.doc.string_buf.get()), used);
    }
  }
  simdjson::dom::parser& operator*() { return parser_; }

 private:
  static simdjson::dom::parser& of_this_thread() {
    static PerThread<simdjson::dom::parser> parsers;
    return parsers.get();
  }

  // As in document::allocate(): each string with its length, and a zero after it.
  static size_t size_of_strings(size_t capacity) { return 5 * capacity / 3 + 64; }

  simdjson::dom::parser& parser_ = of_this_thread();
  size_t length_;
};

Error malformed(std::string message) {
  return Error{ErrorCode::malformed, std::move(message)};
}

Error too_deep() {
  return malformed("The JSON is nested too deeply.");
}

Error wrong_type(std::string_view field, std::string_view wanted) {
  return Error{ErrorCode::invalid,
               "\"" + std::string(field) + "\" must be " + std::string(wanted) + ".",
               std::string(field)};
}

Error absent(std::string_view field) {
  return Error{ErrorCode::invalid, "\"" + std::string(field) + "\" is required.",
               std::string(field)};
}

Result<void> refuse_duplicates(const JsonValue::Members& members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& member : members)
    names.push_back(member.first);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return Error{ErrorCode::malformed,
               "The JSON has the key \"" + std::string(twice->substr(0, 64)) + "\" twice.",
               std::string(twice->substr(0, 64))};
}

// `depth` is how many objects and arrays may still be opened. simdjson refuses what is much too
// deep, but does not count empty ones.
Result<JsonValue> copy_tree(const element& from, size_t depth) {
  JsonValue value;
  if (depth == 0 && (from.is_object() || from.is_array())) return too_deep();
  switch (from.type()) {
    case element_type::OBJECT: {
      JsonValue::Members members;
      for (const auto& [key, member] : simdjson::dom::object(from)) {
        members.emplace_back(key,
                             std::make_shared<const JsonValue>(TRY(copy_tree(member, depth - 1))));
      }
      TRY(refuse_duplicates(members));
      value.data = std::move(members);
      break;
    }
    case element_type::ARRAY: {
      JsonValue::Array items;
      for (const element& item : simdjson::dom::array(from))
        items.push_back(TRY(copy_tree(item, depth - 1)));
      value.data = std::move(items);
      break;
    }
    case element_type::STRING: value.data = std::string(std::string_view(from)); break;
    case element_type::INT64: value.data = int64_t(from); break;
    case element_type::UINT64: value.data = static_cast<double>(uint64_t(from)); break;
    case element_type::DOUBLE: value.data = double(from); break;
    case element_type::BOOL: value.data = bool(from); break;
    case element_type::NULL_VALUE: break;
  }
  return value;
}

}  // namespace

Result<JsonObject> JsonObject::parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::too_large,
                 "The JSON is longer than " + std::to_string(limits.max_bytes) + " bytes."};
  }
  // RFC 8259 section 8.1 forbids sending one; readers that skip it would disagree with those that
  // do not.
  if (text.starts_with("\xef\xbb\xbf")) {
    return malformed("The JSON begins with a byte order mark; send it without.");
  }
  ThreadParser kept(text.size());
  simdjson::dom::parser& parser = *kept;
  const size_t capacity = std::bit_ceil(std::max(text.size(), kLeastCapacity));
  // The depth of simdjson counts the top level too, and is refused before any tree is built.
  const size_t depth = limits.max_depth + 1;
  if ((parser.capacity() < capacity || parser.max_depth() != depth) &&
      parser.allocate(capacity, depth)) {
    throw std::bad_alloc();
  }
  const simdjson::padded_string padded(text);
  if (padded.size() != text.size()) throw std::bad_alloc();
  element root;
  const simdjson::error_code failure = parser.parse(padded).get(root);
  if (failure == simdjson::MEMALLOC) throw std::bad_alloc();
  if (failure == simdjson::DEPTH_ERROR) return too_deep();
  if (failure == simdjson::UTF8_ERROR) return malformed("The JSON is not valid UTF-8.");
  if (failure) {
    return malformed(std::string("The body is not valid JSON (") +
                     simdjson::error_message(failure) + ").");
  }
  if (!root.is_object()) return malformed("The JSON must be an object.");
  JsonObject object;
  object.value_ = std::make_shared<const JsonValue>(TRY(copy_tree(root, limits.max_depth)));
  return object;
}

bool JsonObject::has(std::string_view field) const {
  return value_->find(field) != nullptr;
}

bool JsonObject::is_null(std::string_view field) const {
  const JsonValue* value = value_->find(field);
  return value != nullptr && std::holds_alternative<std::monostate>(value->data);
}

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> names;
  for (const auto& member : std::get<JsonValue::Members>(value_->data))
    names.push_back(member.first);
  return names;
}

namespace {

// The value as a T, nullopt when absent or null, an Error when it is something else.
template <typename T>
Result<std::optional<T>> optional_of(const JsonValue& object, std::string_view field,
                                     std::string_view wanted) {
  const JsonValue* value = object.find(field);
  if (value == nullptr || std::holds_alternative<std::monostate>(value->data)) {
    return std::optional<T>{};
  }
  const T* found = std::get_if<T>(&value->data);
  if (found == nullptr) return wrong_type(field, wanted);
  return std::optional<T>(*found);
}

template <typename T>
Result<T> required(Result<std::optional<T>> found, std::string_view field) {
  if (!found) return std::move(found.error());
  if (!*found) return absent(field);
  return std::move(**found);
}

Result<std::vector<std::string>> strings_of(const JsonValue::Array& items, std::string_view field) {
  std::vector<std::string> strings;
  for (const JsonValue& item : items) {
    const std::string* text = std::get_if<std::string>(&item.data);
    if (text == nullptr) return wrong_type(field, "an array of strings");
    strings.push_back(*text);
  }
  return strings;
}

}  // namespace

namespace {

void write_value(const JsonValue& value, JsonWriter& json) {
  if (const auto* members = std::get_if<JsonValue::Members>(&value.data)) {
    json.begin_object();
    for (const auto& [key, member] : *members) {
      json.key(key);
      write_value(*member, json);
    }
    json.end_object();
  } else if (const auto* items = std::get_if<JsonValue::Array>(&value.data)) {
    json.begin_array();
    for (const JsonValue& item : *items)
      write_value(item, json);
    json.end_array();
  } else if (const auto* flag = std::get_if<bool>(&value.data)) {
    json.value(*flag);
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    json.value(*integer);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    json.value(*number);
  } else if (const auto* text = std::get_if<std::string>(&value.data)) {
    json.value(*text);
  } else {
    json.null();
  }
}

}  // namespace

void JsonObject::write(std::string_view field, JsonWriter& json) const {
  const JsonValue* value = value_->find(field);
  CHECK(value != nullptr);
  write_value(*value, json);
}

Result<std::optional<std::string>> JsonObject::optional_string(std::string_view field) const {
  return optional_of<std::string>(*value_, field, "a string");
}

Result<std::string> JsonObject::string(std::string_view field) const {
  return required(optional_string(field), field);
}

Result<std::optional<int64_t>> JsonObject::optional_integer(std::string_view field) const {
  return optional_of<int64_t>(*value_, field, "an integer");
}

Result<int64_t> JsonObject::integer(std::string_view field) const {
  return required(optional_integer(field), field);
}

Result<std::optional<double>> JsonObject::optional_number(std::string_view field) const {
  const auto integer = optional_of<int64_t>(*value_, field, "a number");
  if (integer) {
    return *integer ? std::optional(static_cast<double>(**integer)) : std::optional<double>{};
  }
  return optional_of<double>(*value_, field, "a number");
}

Result<double> JsonObject::number(std::string_view field) const {
  return required(optional_number(field), field);
}

Result<std::optional<bool>> JsonObject::optional_boolean(std::string_view field) const {
  return optional_of<bool>(*value_, field, "true or false");
}

Result<std::optional<std::vector<std::string>>> JsonObject::optional_strings(
    std::string_view field) const {
  const auto items = TRY(optional_of<JsonValue::Array>(*value_, field, "an array of strings"));
  if (!items) return std::optional<std::vector<std::string>>{};
  return std::optional(TRY(strings_of(*items, field)));
}

Result<std::optional<std::vector<int64_t>>> JsonObject::optional_integers(
    std::string_view field) const {
  const auto items = TRY(optional_of<JsonValue::Array>(*value_, field, "an array of integers"));
  if (!items) return std::optional<std::vector<int64_t>>{};
  std::vector<int64_t> numbers;
  for (const JsonValue& item : *items) {
    const auto* number = std::get_if<int64_t>(&item.data);
    if (number == nullptr) return wrong_type(field, "an array of integers");
    numbers.push_back(*number);
  }
  return std::optional(std::move(numbers));
}

Result<std::vector<std::string>> JsonObject::string_or_strings(std::string_view field) const {
  const JsonValue* value = value_->find(field);
  if (value == nullptr) return absent(field);
  if (const auto* text = std::get_if<std::string>(&value->data)) return std::vector{*text};
  if (const auto* items = std::get_if<JsonValue::Array>(&value->data)) {
    return strings_of(*items, field);
  }
  return wrong_type(field, "a string or an array of strings");
}

Result<JsonObject> JsonObject::object(std::string_view field) const {
  const JsonValue* value = value_->find(field);
  if (value == nullptr) return absent(field);
  if (!std::holds_alternative<JsonValue::Members>(value->data))
    return wrong_type(field, "an object");
  JsonObject found;
  found.value_ = std::shared_ptr<const JsonValue>(value_, value);  // Keeps the whole tree alive.
  return found;
}

Result<std::optional<std::vector<JsonObject>>> JsonObject::optional_objects(
    std::string_view field) const {
  const JsonValue* value = value_->find(field);
  if (value == nullptr || std::holds_alternative<std::monostate>(value->data)) {
    return std::optional<std::vector<JsonObject>>{};
  }
  const auto* items = std::get_if<JsonValue::Array>(&value->data);
  if (items == nullptr) return wrong_type(field, "an array of objects");
  std::vector<JsonObject> objects;
  for (const JsonValue& item : *items) {
    if (!std::holds_alternative<JsonValue::Members>(item.data)) {
      return wrong_type(field, "an array of objects");
    }
    JsonObject found;
    found.value_ = std::shared_ptr<const JsonValue>(value_, &item);
    objects.push_back(std::move(found));
  }
  return std::optional(std::move(objects));
}

}  // namespace authd
