#include "tables/rows/codec.h"

#include "base/check.h"

namespace authd::tables {

void append_varint(std::string& out, uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

std::optional<uint64_t> take_long_varint(std::string_view& in) {
  uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(in[0]);
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;  // More than 64 bits.
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

void encode_value(std::string& out, const std::string& v) {
  out += v;
}

void encode_value(std::string& out, const std::vector<std::string>& v) {
  for (const std::string& item : v) {
    append_varint(out, item.size());
    out += item;
  }
}

void encode_value(std::string& out, const std::vector<uint64_t>& v) {
  for (const uint64_t item : v)
    append_varint(out, item);
}

void encode_value(std::string& out, Time v) {
  append_varint(out, static_cast<uint64_t>(v.time_since_epoch().count()));
}

bool decode_value(std::string_view in, std::string& v) {
  v.assign(in);
  return true;
}

bool decode_value(std::string_view in, std::vector<std::string>& v) {
  v.clear();
  while (!in.empty()) {
    const auto size = take_varint(in);
    if (!size || *size > in.size()) return false;
    v.emplace_back(in.substr(0, *size));
    in.remove_prefix(*size);
  }
  return true;
}

bool decode_value(std::string_view in, std::vector<uint64_t>& v) {
  v.clear();
  while (!in.empty()) {
    const auto item = take_varint(in);
    if (!item) return false;
    v.push_back(*item);
  }
  return true;
}

bool decode_value(std::string_view in, Time& v) {
  uint64_t number = 0;
  if (!decode_value(in, number)) return false;
  v = Time(Milliseconds(static_cast<int64_t>(number)));
  return true;
}

bool decode_value(std::string_view in, uint64_t& v) {
  const auto number = take_varint(in);
  if (!number || !in.empty()) return false;
  v = *number;
  return true;
}

void dump_value(JsonWriter& json, const std::string& v) {
  if (is_valid_utf8(v)) {
    json.value(v);
  } else {
    json.value("0x" + hex_encode(v));
  }
}

void dump_value(JsonWriter& json, const std::vector<std::string>& v) {
  json.begin_array();
  for (const std::string& item : v)
    dump_value(json, item);
  json.end_array();
}

void dump_value(JsonWriter& json, const std::vector<uint64_t>& v) {
  json.begin_array();
  for (const uint64_t item : v)
    json.value(item);
  json.end_array();
}

void dump_value(JsonWriter& json, Time v) {
  if (v == Time{}) {
    json.null();
  } else {
    json.value(format_rfc3339(v));
  }
}

void dump_value(JsonWriter& json, bool v) {
  json.value(v);
}

void Encoder::put_unknown_below(uint64_t number) {
  while (!unknown_.empty()) {
    std::string_view rest = unknown_;
    const auto field = take_varint(rest);
    const auto size = field ? take_varint(rest) : std::nullopt;
    CHECK(size && *size <= rest.size());  // The decoder kept only whole fields.
    if (*field >= number) return;
    rest.remove_prefix(*size);
    out_ += unknown_.substr(0, unknown_.size() - rest.size());
    unknown_ = rest;
  }
}

void Decoder::advance() {
  have_ = false;
  if (!ok_ || in_.empty()) return;
  const std::string_view start = in_;
  const auto number = take_varint(in_);
  const auto size = number ? take_varint(in_) : std::nullopt;
  // Ascending numbers are part of the format: a field can occur only once.
  if (!size || *size > in_.size() || *number <= number_) {
    ok_ = false;
    return;
  }
  number_ = *number;
  payload_ = in_.substr(0, *size);
  in_.remove_prefix(*size);
  field_ = start.substr(0, start.size() - in_.size());
  have_ = true;
}

void Decoder::keep_unknown() {
  unknown_ += field_;
  advance();
}

store::Fault unreadable_row(std::string_view what) {
  return {store::FaultKind::corrupt, "a row of table " + std::string(what) + " cannot be read"};
}

uint64_t decode_number(std::string_view bytes, uint64_t field, std::string_view what) {
  if (bytes.empty() || bytes[0] != kRowVersion) throw unreadable_row(what);
  bytes.remove_prefix(1);
  while (!bytes.empty()) {
    const auto number = take_varint(bytes);
    const auto size = number ? take_varint(bytes) : std::nullopt;
    if (!size || *size > bytes.size()) throw unreadable_row(what);
    if (*number > field) return 0;
    uint64_t value = 0;
    if (*number == field) {
      if (!decode_value(bytes.substr(0, *size), value)) throw unreadable_row(what);
      return value;
    }
    bytes.remove_prefix(*size);
  }
  return 0;
}

bool Decoder::finish() {
  while (ok_ && have_)
    keep_unknown();
  return ok_;
}

}  // namespace authd::tables
