// The one writer of JSON (RFC 8259): replies, log lines, tokens and `--json` output all come from
// it. It only appends, and takes care of commas and escapes. Strings must be UTF-8. Ill-formed
// bytes are written as U+FFFD, so the output is always valid JSON. Characters that control a
// terminal or the direction of text are escaped too, so the output is safe to display.
//
//   JsonWriter json;
//   json.begin_object().field("id", 7).field("name", "Ann").end_object();
//   json.text();  // {"id":7,"name":"Ann"}
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace authd {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();

  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  template <std::same_as<bool> B>
  JsonWriter& value(B flag) {
    return boolean(flag);
  }
  template <std::integral I>
  requires(!std::same_as<I, bool>) JsonWriter& value(I number) {
    if constexpr (std::signed_integral<I>)
      return integer(static_cast<int64_t>(number));
    else
      return unsigned_integer(static_cast<uint64_t>(number));
  }
  JsonWriter& value(double number);
  JsonWriter& null();
  // Text that is already JSON (from this class, or checked by JsonObject::parse).
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  JsonWriter& boolean(bool flag);
  JsonWriter& integer(int64_t number);
  JsonWriter& unsigned_integer(uint64_t number);
  void before_value();

  std::string out_;
  bool need_comma_ = false;
};

}  // namespace authd
