// A strict reader of CBOR (RFC 8949), in the canonical form that authenticators write (CTAP 2.1
// section 8, "CTAP2 canonical CBOR encoding form"). Each value has exactly one encoding, so two
// readers cannot disagree about what was signed:
//   - integers, byte strings, text (valid UTF-8), arrays, maps, true and false; nothing else: no
//     tags, floats, null or other simple values;
//   - lengths are definite, and numbers and lengths have their shortest form;
//   - the keys of a map are integers or text, sorted (by type, then length, then bytes), so that
//     none comes twice;
//   - arrays and maps are nested at most kMaxCborDepth deep (CTAP 2.1 section 8: four levels).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace authd::crypto {

inline constexpr size_t kMaxCborBytes = 16 * 1024;
inline constexpr size_t kMaxCborDepth = 4;

// A value. Its strings are parts of the bytes that it was read from, which must outlive it.
class CborValue {
 public:
  enum class Kind { integer, bytes, text, array, map, boolean };
  using Array = std::vector<CborValue>;
  using Members = std::vector<std::pair<CborValue, CborValue>>;

  static CborValue of_integer(int64_t number);
  static CborValue of_bytes(std::string_view bytes);
  static CborValue of_text(std::string_view text);
  static CborValue of_boolean(bool value);
  static CborValue of_array(Array items);
  static CborValue of_map(Members members);

  // nullopt or null if the value has another type.
  std::optional<int64_t> integer() const;
  std::optional<std::string_view> bytes() const;
  std::optional<std::string_view> text() const;
  std::optional<bool> boolean() const;
  const Array* array() const;
  const Members* map() const;

  // The member of a map; null if there is none, or if the value is not a map.
  const CborValue* find(int64_t key) const;
  const CborValue* find(std::string_view key) const;

 private:
  explicit CborValue(Kind kind) : kind_(kind) {}

  // (No variant: g++ 12 warns of a vector in it that is not there.)
  Kind kind_;
  int64_t number_ = 0;       // of an integer, and of a boolean
  std::string_view string_;  // of bytes and text
  Array items_;
  Members members_;
};

// The value of the bytes, with nothing after it. Error: `malformed`, with a message that says what
// is wrong; also for an integer beyond int64_t. `too_large` for more than kMaxCborBytes.
Result<CborValue> parse_cbor(std::string_view bytes);

// The value at the front of the bytes: something else follows it.
struct CborFront {
  CborValue value;
  size_t length;  // in bytes
};
Result<CborFront> parse_cbor_front(std::string_view bytes);

}  // namespace authd::crypto
