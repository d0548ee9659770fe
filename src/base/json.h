// The one reader of JSON, on simdjson (the only file that includes it is json.cpp). A document is
// parsed and checked as a whole before any value is returned: valid UTF-8, no duplicate keys (RFC
// 8259 section 4 leaves them undefined: two readers may disagree), depth and size within limits.
// Typed getters name the field they refuse, so an endpoint reads its form in a few TRY lines:
//
//   const JsonObject form = TRY(JsonObject::parse(body));
//   const auto email = TRY(form.string("email"));            // 422 if absent or not a string
//   const auto phone = TRY(form.optional_string("phone"));   // null counts as absent
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace authd {

struct JsonLimits {
  size_t max_bytes = 1 << 20;  // more is too_large
  size_t max_depth = 16;       // deeper is malformed; objects and arrays count
};

// An immutable tree of JSON values, cheap to move. It does not refer to the text that it was parsed
// from.
class JsonValue;
class JsonWriter;

class JsonObject {
 public:
  // Errors: malformed (syntax, UTF-8, half a surrogate pair, duplicate key, depth, byte order mark,
  // number that no double holds, top level not an object), with a message that says which;
  // too_large. Strings may contain NUL. An integer beyond int64_t parses, but integer() refuses it.
  static Result<JsonObject> parse(std::string_view text, const JsonLimits& limits = {});

  bool has(std::string_view field) const;      // present, null included
  bool is_null(std::string_view field) const;  // present and null
  std::vector<std::string> keys() const;       // in document order

  // Error: `invalid` with Error::field, if the field is absent (except for optional_…) or has
  // another type. For optional_…: absent and null give nullopt.
  Result<std::string> string(std::string_view field) const;
  Result<std::optional<std::string>> optional_string(std::string_view field) const;
  Result<int64_t> integer(std::string_view field) const;
  Result<std::optional<int64_t>> optional_integer(std::string_view field) const;
  // An integer or a number with a fraction or exponent.
  Result<double> number(std::string_view field) const;
  Result<std::optional<double>> optional_number(std::string_view field) const;
  Result<std::optional<bool>> optional_boolean(std::string_view field) const;
  Result<std::optional<std::vector<std::string>>> optional_strings(std::string_view field) const;
  Result<std::optional<std::vector<int64_t>>> optional_integers(std::string_view field) const;
  Result<JsonObject> object(std::string_view field) const;
  Result<std::optional<std::vector<JsonObject>>> optional_objects(std::string_view field) const;

  // A field "aud" of a JWT may be a string or an array of strings (RFC 7519 section 4.1.3).
  Result<std::vector<std::string>> string_or_strings(std::string_view field) const;

  // Writes the value of a field unchanged. The field must be present (CHECK).
  void write(std::string_view field, JsonWriter& json) const;

  // Like string(), but directly into a Secret of the given kind.
  template <typename S>
  Result<S> secret(std::string_view field) const {
    return S(TRY(string(field)));
  }

 private:
  std::shared_ptr<const JsonValue> value_;
};

}  // namespace authd
