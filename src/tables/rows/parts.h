// What a table may have beside its rows, each as a type that schema.h names in the table's
// declaration: a key that follows from the row, indexes, an owner, an end, sealed members, and
// whether `authd export` includes it. Table (table.h) and all code that walks the list of tables
// ask the parts; nothing else maintains an index.
//
// A part that writes states the most writes that it costs:
//   kInsertWrites  for a row that is new
//   kMoveWrites    for a row that is replaced
//   kDelWrites     for a row that goes
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/rows/codec.h"
#include "tables/rows/keys.h"
#include "tables/rows/names.h"
#include "tables/rows/rows.h"

namespace authd::tables {

enum class PartKind { key, index, owner, end, sealed, exported };

// A part that does nothing.
template <PartKind kind>
struct Part {
  static constexpr PartKind kKind = kind;
  static constexpr size_t kInsertWrites = 0;
  static constexpr size_t kMoveWrites = 0;
  static constexpr size_t kDelWrites = 0;
  // Whether put() has to read the row that it replaces.
  static constexpr bool kMoves = false;

  template <typename Row>
  static size_t insert_writes(const Row&) {
    return 0;
  }
  template <typename Row>
  static void insert(store::WriteTxn&, char, std::string_view, const Row&) {}
  template <typename Row>
  static void move(store::WriteTxn&, char, std::string_view, const Row&, const Row&) {}
  template <typename Row>
  static void remove(store::WriteTxn&, const Row&) {}
};

// The key consists of these members, one after the other; a char is a literal byte.
template <auto... members>
struct Keyed : Part<PartKind::key> {
  template <typename Row>
  static std::string key_of(const Row& row) {
    std::string key;
    (append(key, row, members), ...);
    return key;
  }

 private:
  template <typename Row>
  static void append(std::string& key, const Row&, char byte) {
    append_key(key, byte);
  }
  template <typename Row, typename Member>
  static void append(std::string& key, const Row& row, Member Row::*member) {
    append_key(key, row.*member);
  }
};

enum class IndexAge {
  of_the_table,
  younger,  // Some rows may be older than the index.
};

// Ends the process, like base/check.h, unless the name is free: the caller did not check first.
// (This header cannot use the macro: a test framework has one of the same name.)
void check_name_is_free(bool is_free);

// An index (a Table<Reference>) by a member that is unique among the rows, converted by `form`; a
// value without a form is not indexed. The table's key is the row's id. The caller makes sure that
// a name is free; a name that belongs to another row is a bug.
template <const auto& index, auto member, auto form = as_it_is,
          IndexAge age = IndexAge::of_the_table>
struct Unique : Part<PartKind::index> {
  static constexpr size_t kInsertWrites = 1;
  static constexpr size_t kMoveWrites = 2;
  static constexpr size_t kDelWrites = 1;
  static constexpr bool kMoves = true;
  static constexpr bool kIsUnique = true;
  static constexpr const auto& kIndex = index;
  static constexpr IndexAge kAge = age;

  static std::string form_of(std::string_view name) { return form(name); }
  template <typename Row>
  static std::string name_of(const Row& row) {
    return form(row.*member);
  }
  // The id of the row that has the name; 0, which no row has, if the name is free.
  static uint64_t holder_of(store::Reader& tx, const std::string& name) {
    const auto entry = index.find(tx, name);
    return entry ? entry->id : 0;
  }

  template <typename Row>
  static size_t insert_writes(const Row& row) {
    return name_of(row).empty() ? 0 : 1;
  }
  template <typename Row>
  static void insert(store::WriteTxn& tx, char, std::string_view, const Row& row) {
    take(tx, name_of(row), row.id.value);
  }
  template <typename Row>
  static void move(store::WriteTxn& tx, char, std::string_view, const Row& before,
                   const Row& after) {
    const std::string from = name_of(before);
    const std::string to = name_of(after);
    if (from == to) {
      // A row older than the index gets its entry now, if the name is still free.
      if (age == IndexAge::younger && !to.empty() && holder_of(tx, to) == 0) {
        take(tx, to, after.id.value);
      }
      return;
    }
    leave(tx, from, before.id.value);
    take(tx, to, after.id.value);
  }
  template <typename Row>
  static void remove(store::WriteTxn& tx, const Row& row) {
    leave(tx, name_of(row), row.id.value);
  }

 private:
  static void take(store::WriteTxn& tx, const std::string& name, uint64_t id) {
    if (name.empty()) return;
    check_name_is_free(holder_of(tx, name) == 0);
    index.put(tx, name, Reference{id, {}});
  }
  // If the index is younger than the row, the entry may name another row, which was indexed first.
  static void leave(store::WriteTxn& tx, const std::string& name, uint64_t id) {
    if (!name.empty() && holder_of(tx, name) == id) index.del(tx, name);
  }
};

// An entry of an index that is not a Unique.
template <typename IndexRow>
struct Entry {
  std::string key;  // an integer (a user, a time), then what distinguishes its rows
  IndexRow row;
};

// The key of the row that an entry names, for indexes whose keys end in it.
template <typename IndexRow>
std::string key_behind_number(std::string_view entry_key, const IndexRow&) {
  return std::string(after_number(entry_key));
}

enum class Entries {
  may_move,
  stay,  // The entry of a row never changes.
};

// An index with at most one entry for a row: what `entry` returns, or none. `row_key` turns an
// entry back into the row's key.
template <const auto& index, auto entry, auto row_key, Entries moves = Entries::may_move>
struct Listed : Part<PartKind::index> {
  static constexpr size_t kInsertWrites = 1;
  static constexpr size_t kMoveWrites = moves == Entries::stay ? 0 : 2;
  static constexpr size_t kDelWrites = 1;
  static constexpr bool kMoves = moves == Entries::may_move;
  static constexpr bool kIsUnique = false;
  static constexpr const auto& kIndex = index;

  template <typename Row>
  static auto entries_of(const Row& row) {
    std::vector<Entry<typename std::remove_cvref_t<decltype(index)>::RowType>> entries;
    if (auto one = entry(row)) entries.push_back(std::move(*one));
    return entries;
  }
  template <typename IndexRow>
  static std::string row_key_of(std::string_view entry_key, const IndexRow& row) {
    return row_key(entry_key, row);
  }

  template <typename Row>
  static size_t insert_writes(const Row& row) {
    return entry(row) ? 1 : 0;
  }
  template <typename Row>
  static void insert(store::WriteTxn& tx, char, std::string_view, const Row& row) {
    if (const auto made = entry(row)) index.put(tx, made->key, made->row);
  }
  template <typename Row>
  static void move(store::WriteTxn& tx, char, std::string_view, const Row& before,
                   const Row& after) {
    if constexpr (kMoves) {
      const auto from = entry(before);
      const auto to = entry(after);
      const bool is_same_key = from && to && from->key == to->key;
      if (from && !is_same_key) index.del(tx, from->key);
      if (to && !(is_same_key && encode_row(from->row) == encode_row(to->row))) {
        index.put(tx, to->key, to->row);
      }
    }
  }
  template <typename Row>
  static void remove(store::WriteTxn& tx, const Row& row) {
    if (const auto made = entry(row)) index.del(tx, made->key);
  }
};

// An index with an entry for each number in a list of the row: number, then the row's id. A row has
// at most `most` of them, and each one added or removed costs a write.
template <const auto& index, auto member, size_t most>
struct Members : Part<PartKind::index> {
  static constexpr size_t kInsertWrites = most;
  static constexpr size_t kMoveWrites = most;
  static constexpr size_t kDelWrites = most;
  static constexpr bool kMoves = true;
  static constexpr bool kIsUnique = false;
  static constexpr const auto& kIndex = index;

  template <typename Row>
  static std::vector<Entry<Mark>> entries_of(const Row& row) {
    std::vector<Entry<Mark>> entries;
    for (const uint64_t number : numbers_of(row))
      entries.push_back({entry_key(number, row.id.value), {}});
    return entries;
  }
  static std::string row_key_of(std::string_view entry_key, const Mark& mark) {
    return key_behind_number(entry_key, mark);
  }

  template <typename Row>
  static size_t insert_writes(const Row& row) {
    return numbers_of(row).size();
  }
  template <typename Row>
  static void insert(store::WriteTxn& tx, char, std::string_view, const Row& row) {
    for (const uint64_t number : numbers_of(row))
      index.put(tx, entry_key(number, row.id.value), Mark{});
  }
  template <typename Row>
  static void move(store::WriteTxn& tx, char, std::string_view, const Row& before,
                   const Row& after) {
    if (before.*member == after.*member) return;
    const std::vector<uint64_t> from = numbers_of(before);
    const std::vector<uint64_t> to = numbers_of(after);
    for (const uint64_t number : from) {
      if (!std::binary_search(to.begin(), to.end(), number)) {
        index.del(tx, entry_key(number, after.id.value));
      }
    }
    for (const uint64_t number : to) {
      if (!std::binary_search(from.begin(), from.end(), number)) {
        index.put(tx, entry_key(number, after.id.value), Mark{});
      }
    }
  }
  template <typename Row>
  static void remove(store::WriteTxn& tx, const Row& row) {
    for (const uint64_t number : numbers_of(row))
      index.del(tx, entry_key(number, row.id.value));
  }

 private:
  static std::string entry_key(uint64_t number, uint64_t id) {
    return big_endian(number) + big_endian(id);
  }
  // In ascending order, each once.
  template <typename Row>
  static std::vector<uint64_t> numbers_of(const Row& row) {
    std::vector<uint64_t> all = row.*member;
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
};

// How the rows that a user owns are found when the user is erased.
enum class OwnedRows {
  by_key,       // The key begins with the id of the user.
  by_index,     // An index begins with it.
  until_ended,  // Not at all: such rows live for minutes or hours, and give no access without a
                // user.
};

// Rows that belong to the user whose id begins their key.
struct OwnedByKey : Part<PartKind::owner> {
  static constexpr OwnedRows kFound = OwnedRows::by_key;
  template <typename Row>
  static UserId owner_of(std::string_view key, const Row&) {
    return UserId{from_big_endian(key)};
  }
};

// Rows that belong to the user named in a member, and are listed by the index (a Listed of the same
// table).
template <auto member, const auto& index>
struct OwnedByIndex : Part<PartKind::owner> {
  static constexpr OwnedRows kFound = OwnedRows::by_index;
  static constexpr const auto& kIndex = index;
  template <typename Row>
  static UserId owner_of(std::string_view, const Row& row) {
    return row.*member;
  }
};

// Rows that name a user (0: nobody) and soon end by themselves.
template <auto member>
struct OwnedUntilEnded : Part<PartKind::owner> {
  static constexpr OwnedRows kFound = OwnedRows::until_ended;
  template <typename Row>
  static UserId owner_of(std::string_view, const Row& row) {
    return row.*member;
  }
};

// The prefix of `expiries` (schema.h): the rows of all tables that end, by time.
inline constexpr char kExpiryPrefix = 'x';

// Records that the row `key` of the table with `prefix` ends at `when` (one write).
void add_expiry(store::WriteTxn& tx, Time when, char prefix, std::string_view key);

// When rows end: `first` for a new row, `due` for an existing one; `due` may read other rows and is
// never earlier.
struct AtItsEnd {
  template <typename Row>
  static Time first(const Row& row) {
    return row.expires_at;
  }
  template <typename Row>
  static Time due(store::Reader&, const Row& row, Time) {
    return row.expires_at;
  }
};

// Rows that the sweep removes after their end (expiry.h). An entry may be early, never late.
template <typename End = AtItsEnd>
struct Expires : Part<PartKind::end> {
  static constexpr size_t kInsertWrites = 1;
  static constexpr size_t kMoveWrites = 1;
  static constexpr bool kMoves = true;
  using Rule = End;

  template <typename Row>
  static size_t insert_writes(const Row&) {
    return 1;
  }
  template <typename Row>
  static void insert(store::WriteTxn& tx, char prefix, std::string_view key, const Row& row) {
    add_expiry(tx, End::first(row), prefix, key);
  }
  template <typename Row>
  static void move(store::WriteTxn& tx, char prefix, std::string_view key, const Row& before,
                   const Row& after) {
    if (End::first(after) < End::first(before)) add_expiry(tx, End::first(after), prefix, key);
  }
};

// Members that hold values sealed with the master key. auth/upkeep/sealed_rows.h states their
// contexts.
template <auto... members>
struct Sealed : Part<PartKind::sealed> {
  // Calls `visit(value)` for each member.
  template <typename Row, typename Visit>
  static void each(Row& row, Visit&& visit) {
    (visit(row.*members), ...);
  }
};

// `authd export` writes these rows, and `authd import` reads them.
struct Exported : Part<PartKind::exported> {};

}  // namespace authd::tables
