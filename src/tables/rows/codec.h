// Rows as bytes. A row is a version byte, then fields: number (varint), length (varint), payload. A
// row type declares its fields once, and encode, decode and the JSON dump follow from that:
//
//   struct Client {
//     std::string id;
//     Time created_at;
//     std::string unknown;   // every row has this one: fields that a newer release wrote
//     template <typename Self, typename Visitor>
//     static void fields(Self& self, Visitor& visit) {
//       visit(1, "id", self.id);
//       visit(2, "created_at", self.created_at);
//     }
//   };
//
// Rules: a number is never reused for another meaning; an absent field takes its default, and a
// default is not written; unknown fields are kept and written back, so a rolled-back binary loses
// nothing. Integers are varints; Time is milliseconds since 1970. A field that holds a secret is
// declared with visit.secret(…), and a dump shows only that it is set.
//
// If a row type has a member `complete()`, it is called after each decoding: it derives what an
// older schema did not write from what it did.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/encoding.h"
#include "base/ids.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "store/store.h"

namespace authd::tables {

inline constexpr char kRowVersion = 1;

void append_varint(std::string& out, uint64_t number);

// Takes a varint from the front of `in`; nullopt if it is truncated or too long.
std::optional<uint64_t> take_long_varint(std::string_view& in);
inline std::optional<uint64_t> take_varint(std::string_view& in) {
  // Field numbers and nearly all lengths take one byte, and a row has about twenty of each.
  if (in.empty() || static_cast<uint8_t>(in[0]) >= 0x80) return take_long_varint(in);
  const auto number = static_cast<uint8_t>(in[0]);
  in.remove_prefix(1);
  return number;
}

// One overload for each supported type. Signed integers are never negative in our rows.
void encode_value(std::string& out, const std::string& v);
void encode_value(std::string& out, const std::vector<std::string>& v);
void encode_value(std::string& out, const std::vector<uint64_t>& v);
void encode_value(std::string& out, Time v);
template <std::integral I>
void encode_value(std::string& out, I v) {
  append_varint(out, static_cast<uint64_t>(v));
}
template <typename E>
requires std::is_enum_v<E>
void encode_value(std::string& out, E v) {
  append_varint(out, static_cast<uint64_t>(v));
}
template <typename Tag>
void encode_value(std::string& out, Id<Tag> v) {
  append_varint(out, v.value);
}

// False if the payload is not a value of the type.
bool decode_value(std::string_view in, std::string& v);
bool decode_value(std::string_view in, std::vector<std::string>& v);
bool decode_value(std::string_view in, std::vector<uint64_t>& v);
bool decode_value(std::string_view in, Time& v);
bool decode_value(std::string_view in, uint64_t& v);
template <typename I>
requires(std::integral<I> || std::is_enum_v<I>) bool decode_value(std::string_view in, I& v) {
  uint64_t number = 0;
  if (!decode_value(in, number)) return false;
  v = static_cast<I>(number);
  return static_cast<uint64_t>(v) == number;  // Too large for the type.
}
template <typename Tag>
bool decode_value(std::string_view in, Id<Tag>& v) {
  return decode_value(in, v.value);
}

void dump_value(JsonWriter& json, const std::string& v);  // hex when it is not UTF-8 text
void dump_value(JsonWriter& json, const std::vector<std::string>& v);
void dump_value(JsonWriter& json, const std::vector<uint64_t>& v);
void dump_value(JsonWriter& json, Time v);
void dump_value(JsonWriter& json, bool v);
template <typename I>
requires(std::integral<I> || std::is_enum_v<I>) void dump_value(JsonWriter& json, I v) {
  json.value(static_cast<uint64_t>(v));
}
template <typename Tag>
void dump_value(JsonWriter& json, Id<Tag> v) {
  json.value(v.value);
}

// Who may be nobody: nullopt is a field that the row does not have, as 0 is of a number.
template <typename Tag>
void encode_value(std::string& out, std::optional<Id<Tag>> v) {
  append_varint(out, v ? v->value : 0);
}
template <typename Tag>
bool decode_value(std::string_view in, std::optional<Id<Tag>>& v) {
  return decode_value(in, v.emplace());
}
template <typename Tag>
void dump_value(JsonWriter& json, std::optional<Id<Tag>> v) {
  if (v) {
    json.value(v->value);
  } else {
    json.null();
  }
}

// Such values are left out.
template <typename T>
bool is_absent(const T& v) {
  return v == T{};
}
// The id of nobody is nobody, whoever passes it: 0 is no id.
template <typename Tag>
bool is_absent(const std::optional<Id<Tag>>& v) {
  return !v || v->value == 0;
}

class Encoder {
 public:
  Encoder(std::string& out, std::string_view unknown) : out_(out), unknown_(unknown) {}

  template <typename T>
  void operator()(uint64_t number, const char*, const T& value) {
    put_unknown_below(number);
    if (is_absent(value)) return;
    scratch_.clear();
    encode_value(scratch_, value);
    append_varint(out_, number);
    append_varint(out_, scratch_.size());
    out_ += scratch_;
  }
  template <typename T>
  void secret(uint64_t number, const char* name, const T& value) {
    (*this)(number, name, value);
  }
  // Writes the remaining unknown fields.
  void finish() { out_ += unknown_; }

 private:
  // Unknown fields go back to their places in the order.
  void put_unknown_below(uint64_t number);

  std::string& out_;
  std::string_view unknown_;
  std::string scratch_;
};

// Fields are written in ascending order of their numbers and read in the same order, so one pass
// suffices. Fields between two known numbers are unknown, and kept.
class Decoder {
 public:
  Decoder(std::string_view in, std::string& unknown) : in_(in), unknown_(unknown) { advance(); }

  template <typename T>
  void operator()(uint64_t number, const char*, T& value) {
    while (ok_ && have_ && number_ < number)
      keep_unknown();
    if (!ok_ || !have_ || number_ != number) return;
    // Empty or zero fields are omitted, so there is only one way to write a row.
    if (!decode_value(payload_, value) || is_absent(value)) ok_ = false;
    advance();
  }
  template <typename T>
  void secret(uint64_t number, const char* name, T& value) {
    (*this)(number, name, value);
  }

  // Keeps the remaining fields; false if the bytes are not a row.
  bool finish();

 private:
  void advance();
  void keep_unknown();

  std::string_view in_;
  std::string& unknown_;
  uint64_t number_ = 0;
  std::string_view field_;  // the field whole, number and length included
  std::string_view payload_;
  bool have_ = false;
  bool ok_ = true;
};

class Dumper {
 public:
  explicit Dumper(JsonWriter& json) : json_(json) {}

  template <typename T>
  void operator()(uint64_t, const char* name, const T& value) {
    json_.key(name);
    dump_value(json_, value);
  }
  template <typename T>
  void secret(uint64_t, const char* name, const T& value) {
    json_.key(name).value(value == T{} ? "" : "(set)");
  }

 private:
  JsonWriter& json_;
};

template <typename Row>
std::string encode_row(const Row& row) {
  std::string out(1, kRowVersion);
  Encoder encoder(out, row.unknown);
  Row::fields(row, encoder);
  encoder.finish();
  return out;
}

store::Fault unreadable_row(std::string_view what);

// `row` is a new one. Throws store::Fault{corrupt} if the bytes are not a row of this version:
// `what` names the row.
template <typename Row>
void decode_row_into(Row& row, std::string_view bytes, std::string_view what) {
  if (!bytes.empty() && bytes[0] == kRowVersion) {
    Decoder decoder(bytes.substr(1), row.unknown);
    Row::fields(row, decoder);
    if (decoder.finish()) {
      if constexpr (requires { row.complete(); }) row.complete();
      return;
    }
  }
  throw unreadable_row(what);
}

template <typename Row>
Row decode_row(std::string_view bytes, std::string_view what) {
  Row row;
  decode_row_into(row, bytes, what);
  return row;
}

// Reads only the field of that number, which is numeric; 0 if the row has none. Throws like
// decode_row(), but reads no further than that field.
uint64_t decode_number(std::string_view bytes, uint64_t field, std::string_view what);

template <typename Row>
void dump_row(JsonWriter& json, const Row& row) {
  json.begin_object();
  Dumper dumper(json);
  Row::fields(row, dumper);
  json.end_object();
}

}  // namespace authd::tables
