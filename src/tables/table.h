// A table: rows of one type under one key prefix of the flat key space. Keys are the prefix byte
// and then the table's own key bytes, integers big-endian so that order is scan order.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tables/codec.h"

namespace authd::tables {

// Key bytes of an integer: eight bytes, big-endian.
std::string big_endian(uint64_t number);
// The inverse; throws Fault{corrupt} when `bytes` is shorter than eight bytes.
uint64_t from_big_endian(std::string_view bytes);

// The first key after all keys that begin with `prefix`.
std::string end_of_prefix(std::string_view prefix);

// The bytes of a key, on the stack when it is as short as nearly all are: each request reads some.
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

// Rows of type Row under `prefix`, by a byte-string key. No index, no expiry: what has those wraps
// this (users.h, sessions.h).
template <typename Row>
class Table {
 public:
  constexpr Table(char prefix, const char* name) : prefix_(prefix), name_(name) {}

  std::optional<Row> find(store::Reader& tx, std::string_view key) const {
    std::optional<Row> row;
    tx.look(full_key(key),
            [&](std::string_view bytes) { decode_row_into(row.emplace(), bytes, name_); });
    return row;
  }
  // One field of the row that is a number: 0 when the row or the field is absent. For what every
  // request reads of a row that is much longer.
  uint64_t find_number(store::Reader& tx, std::string_view key, uint64_t field) const {
    uint64_t number = 0;
    tx.look(full_key(key),
            [&](std::string_view bytes) { number = decode_number(bytes, field, name_); });
    return number;
  }
  void put(store::WriteTxn& tx, std::string_view key, const Row& row) const {
    tx.put(full_key(key), encode_row(row));
  }
  void del(store::WriteTxn& tx, std::string_view key) const { tx.del(full_key(key)); }

  // Calls `visit(key, row)` for keys in [first, last) of this table until it returns false; an
  // empty `last` means to the end of the table.
  template <typename Visit>
  void scan(store::ReadTxn& tx, std::string_view first, std::string_view last,
            Visit&& visit) const {
    const std::string end =
        last.empty() ? end_of_prefix({&prefix_, 1}) : std::string(full_key(last));
    tx.scan(full_key(first), end, [&](std::string_view key, std::string_view value) -> bool {
      return visit(key.substr(1), decode_row<Row>(value, name_));
    });
  }

  // The same in the opposite order.
  template <typename Visit>
  void scan_back(store::ReadTxn& tx, std::string_view first, std::string_view last,
                 Visit&& visit) const {
    const std::string end =
        last.empty() ? end_of_prefix({&prefix_, 1}) : std::string(full_key(last));
    tx.scan_back(full_key(first), end, [&](std::string_view key, std::string_view value) -> bool {
      return visit(key.substr(1), decode_row<Row>(value, name_));
    });
  }

  char prefix() const { return prefix_; }
  const char* name() const { return name_; }

  FullKey full_key(std::string_view key) const { return {prefix_, key}; }

 private:
  char prefix_;
  const char* name_;
};

}  // namespace authd::tables
