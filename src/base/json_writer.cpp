#include "base/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/encoding.h"

namespace authd {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Characters of one byte that need no escape: nearly all of them.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> is_plain{};
  for (size_t byte = 0x20; byte < 0x7f; ++byte)
    is_plain[byte] = byte != '"' && byte != '\\';
  return is_plain;
}();

bool is_plain(char c) {
  return kPlain[static_cast<uint8_t>(c)];
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += hex_encode({&c, 1});
}

// As \uXXXX; `sequence` has two or three bytes.
void append_multibyte_escape(std::string& out, std::string_view sequence) {
  uint32_t code_point = static_cast<uint8_t>(sequence[0]) & (sequence.size() == 2 ? 0x1f : 0x0f);
  for (const char c : sequence.substr(1))
    code_point = code_point << 6 | (static_cast<uint8_t>(c) & 0x3f);
  const char bytes[] = {static_cast<char>(code_point >> 8), static_cast<char>(code_point & 0xff)};
  out += "\\u";
  out += hex_encode({bytes, sizeof bytes});
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t start = 0;
  size_t i = 0;
  while (i < text.size()) {
    if (is_plain(text[i])) {
      ++i;
      continue;
    }
    out += text.substr(start, i - start);
    const auto byte = static_cast<uint8_t>(text[i]);
    size_t taken = 1;
    if (byte >= 0x80) {
      const std::string_view sequence = first_character(text.substr(i));
      if (sequence.empty()) {
        out += kReplacement;
      } else if (is_control(sequence)) {
        append_multibyte_escape(out, sequence);
      } else {
        out += sequence;
      }
      taken = std::max<size_t>(sequence.size(), 1);
    } else {
      append_escape(out, text[i]);
    }
    i += taken;
    start = i;
  }
  out += text.substr(start);
  out += '"';
}

template <typename Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

void JsonWriter::before_value() {
  if (need_comma_) out_ += ',';
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  before_value();
  out_ += '{';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  out_ += '[';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  before_value();
  append_string(out_, name);
  out_ += ':';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();  // JSON cannot express them.
  before_value();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::boolean(bool flag) {
  return raw(flag ? "true" : "false");
}

JsonWriter& JsonWriter::integer(int64_t number) {
  before_value();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(uint64_t number) {
  before_value();
  append_number(out_, number);
  return *this;
}

}  // namespace authd
