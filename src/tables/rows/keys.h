// The keys of rows: a prefix byte that names the table, then the table's own key bytes. Integers
// are big-endian, so a scan visits them in numeric order.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// How many bytes an integer takes in a key.
inline constexpr size_t kNumberBytes = 8;

// Key bytes of an integer: eight bytes, big-endian.
std::string big_endian(uint64_t number);
// The same for a time: its milliseconds since 1970.
std::string big_endian(Time time);
// The inverse; throws Fault{corrupt} if there are fewer than eight bytes.
uint64_t from_big_endian(std::string_view bytes);

// What follows the leading integer of a key; may be empty.
inline std::string_view after_number(std::string_view key) {
  return key.substr(std::min(key.size(), kNumberBytes));
}

// The first key after all keys that begin with `prefix`.
std::string end_of_prefix(std::string_view prefix);

// The bytes of a key, on the stack if it is short, as nearly all are: each request reads some.
class FullKey {
 public:
  FullKey(char prefix, std::string_view key) : size_(1 + key.size()) {
    char* to = short_.data();
    if (size_ > short_.size()) {
      long_.resize(size_);
      to = long_.data();
    }
    to[0] = prefix;
    std::copy(key.begin(), key.end(), to + 1);
  }
  operator std::string_view() const {  // NOLINT(google-explicit-constructor): it is one
    return {long_.empty() ? short_.data() : long_.data(), size_};
  }

 private:
  size_t size_;
  std::array<char, 48> short_;
  std::string long_;
};

// What a member of a row, or a byte between two members, adds to a key.
inline void append_key(std::string& key, char byte) {
  key += byte;
}
inline void append_key(std::string& key, std::string_view text) {
  key += text;
}
inline void append_key(std::string& key, uint64_t number) {
  key += big_endian(number);
}
template <typename Tag>
void append_key(std::string& key, Id<Tag> id) {
  key += big_endian(id.value);
}

}  // namespace authd::tables
