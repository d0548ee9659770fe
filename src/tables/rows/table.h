// A table: rows of one type under one key prefix of the flat key space, with the parts that its
// declaration (schema.h) gives it. One function writes row, index entries and expiry entry, so they
// cannot disagree.
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tables/rows/parts.h"

namespace authd::tables {

// The writes that code may plan for in one transaction. The engine refuses only beyond
// store::kMaxWritesPerTransaction; the difference is a reserve for what nobody foresaw. Tests
// enforce this limit.
inline constexpr size_t kWriteBudget = 60;
static_assert(kWriteBudget <= store::kMaxWritesPerTransaction);

namespace detail {

struct NoPart {};

template <PartKind kind, typename... Parts>
struct Pick {
  using type = NoPart;
};
template <PartKind kind, typename First, typename... Rest>
struct Pick<kind, First, Rest...> {
  using type = std::conditional_t<First::kKind == kind, First, typename Pick<kind, Rest...>::type>;
};

// The table as a type. Comparing these types is a constant expression in every build; comparing
// addresses of tables is not one under UBSan (g++ 12).
template <const auto& table>
struct Named {};

template <const auto& index, typename... Parts>
struct PickIndex {
  using type = NoPart;
};
template <const auto& index, typename First, typename... Rest>
struct PickIndex<index, First, Rest...> {
  static constexpr bool is_it() {
    if constexpr (First::kKind == PartKind::index) {
      return std::is_same_v<Named<First::kIndex>, Named<index>>;
    } else {
      return false;
    }
  }
  using type = std::conditional_t<is_it(), First, typename PickIndex<index, Rest...>::type>;
};

template <typename P>
inline constexpr bool is_part = !std::is_same_v<P, NoPart>;

}  // namespace detail

template <typename Row, typename... Parts>
class Table {
 public:
  using RowType = Row;
  // NoPart if it has none.
  using Key = typename detail::Pick<PartKind::key, Parts...>::type;
  using Owner = typename detail::Pick<PartKind::owner, Parts...>::type;
  using End = typename detail::Pick<PartKind::end, Parts...>::type;
  using SealedMembers = typename detail::Pick<PartKind::sealed, Parts...>::type;
  static constexpr bool kHasKey = detail::is_part<Key>;
  static constexpr bool kHasOwner = detail::is_part<Owner>;
  static constexpr bool kExpires = detail::is_part<End>;
  static constexpr bool kHasSealed = detail::is_part<SealedMembers>;
  static constexpr bool kIsExported =
      detail::is_part<typename detail::Pick<PartKind::exported, Parts...>::type>;

  // The most writes of each function.
  static constexpr size_t kRowWrites = 1;
  static constexpr size_t kInsertWrites = 1 + (Parts::kInsertWrites + ... + 0);
  static constexpr size_t kUpdateWrites = 1 + (Parts::kMoveWrites + ... + 0);
  static constexpr size_t kPutWrites = std::max(kInsertWrites, kUpdateWrites);
  static constexpr size_t kDelWrites = 1 + (Parts::kDelWrites + ... + 0);
  static_assert(kPutWrites <= kWriteBudget && kDelWrites <= kWriteBudget);

  constexpr Table(char prefix, const char* name) : prefix_(prefix), name_(name) {}

  std::optional<Row> find(store::Reader& tx, std::string_view key) const {
    std::optional<Row> row;
    tx.look(full_key(key),
            [&](std::string_view bytes) { decode_row_into(row.emplace(), bytes, name_); });
    return row;
  }
  // One numeric field of the row: 0 if the row or the field is absent. For a field that every
  // request reads from a much longer row.
  uint64_t find_number(store::Reader& tx, std::string_view key, uint64_t field) const {
    uint64_t number = 0;
    tx.look(full_key(key),
            [&](std::string_view bytes) { number = decode_number(bytes, field, name_); });
    return number;
  }
  // The row with this name in a unique index of the table. Throws Fault{corrupt} if the index names
  // a row that is gone.
  template <const auto& index>
  std::optional<Row> find_by(store::Reader& tx, std::string_view name) const {
    using By = typename detail::PickIndex<index, Parts...>::type;
    const std::string form = name.size() < store::kMaxKeyBytes ? By::form_of(name) : "";
    const uint64_t id = form.empty() ? 0 : By::holder_of(tx, form);
    if (id == 0) return std::nullopt;
    std::optional<Row> row = find(tx, big_endian(id));
    if (!row) {
      throw store::Fault(store::FaultKind::corrupt,
                         std::string("an entry of ") + index.name() + " names a row that is gone");
    }
    return row;
  }

  // Writes a new row: there is none with its key.
  void insert(store::WriteTxn& tx, std::string_view key, const Row& row) const {
    tx.put(full_key(key), encode_row(row));
    (Parts::insert(tx, prefix_, key, row), ...);
  }
  // Replaces the row that was read as `before`.
  void update(store::WriteTxn& tx, std::string_view key, const Row& before, const Row& row) const {
    tx.put(full_key(key), encode_row(row));
    (Parts::move(tx, prefix_, key, before, row), ...);
  }
  // Writes only the row (one write): it must exist, none of its index entries may change, and its
  // end may only stay or move later.
  void rewrite(store::WriteTxn& tx, std::string_view key, const Row& row) const {
    tx.put(full_key(key), encode_row(row));
  }
  // Inserts or replaces.
  void put(store::WriteTxn& tx, std::string_view key, const Row& row) const {
    if constexpr ((Parts::kMoves || ... || false) || kInsertWrites > 1) {
      const std::optional<Row> before = find(tx, key);
      if (!before) return insert(tx, key, row);
      update(tx, key, *before, row);
    } else {
      rewrite(tx, key, row);
    }
  }
  // Removes the row that was read, with its index entries. The sweep removes its expiry entry.
  void remove(store::WriteTxn& tx, std::string_view key, const Row& row) const {
    tx.del(full_key(key));
    (Parts::remove(tx, row), ...);
  }
  // The same for whatever row has this key; does nothing if there is none.
  void del(store::WriteTxn& tx, std::string_view key) const {
    if constexpr (kDelWrites > 1) {
      if (const std::optional<Row> row = find(tx, key)) remove(tx, key, *row);
    } else {
      tx.del(full_key(key));
    }
  }

  // For tables whose key follows from the row.
  static std::string key_of(const Row& row) requires(kHasKey) { return Key::key_of(row); }
  void insert(store::WriteTxn& tx, const Row& row) const requires(kHasKey) {
    insert(tx, key_of(row), row);
  }
  void update(store::WriteTxn& tx, const Row& before, const Row& row) const requires(kHasKey) {
    update(tx, key_of(row), before, row);
  }
  void rewrite(store::WriteTxn& tx, const Row& row) const requires(kHasKey) {
    rewrite(tx, key_of(row), row);
  }
  void put(store::WriteTxn& tx, const Row& row) const requires(kHasKey) {
    put(tx, key_of(row), row);
  }
  void remove(store::WriteTxn& tx, const Row& row) const requires(kHasKey) {
    remove(tx, key_of(row), row);
  }

  // How many writes insert() of this row takes.
  static size_t insert_writes(const Row& row) { return (1 + ... + Parts::insert_writes(row)); }

  // For tables whose rows end: removes the row if it has ended at `now` and returns nullopt;
  // otherwise returns when it will end. nullopt also if the row is gone.
  std::optional<Time> expire(store::WriteTxn& tx, std::string_view key, Time now) const
      requires(kExpires) {
    const std::optional<Row> row = find(tx, key);
    if (!row) return std::nullopt;
    const Time due = End::Rule::due(tx, *row, now);
    if (due > now) return due;
    remove(tx, key, *row);
    return std::nullopt;
  }

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

  // Calls `visit(Index())` for each index part; the value represents its type.
  template <typename Visit>
  static void for_each_index(Visit&& visit) {
    const auto one = [&]<typename P>(P) {
      if constexpr (P::kKind == PartKind::index) visit(P());
    };
    (one(Parts()), ...);
    static_cast<void>(one);
  }
  // The index part whose entries are in this table.
  template <const auto& index>
  using IndexIn = typename detail::PickIndex<index, Parts...>::type;

  constexpr char prefix() const { return prefix_; }
  constexpr const char* name() const { return name_; }

  FullKey full_key(std::string_view key) const { return {prefix_, key}; }

 private:
  char prefix_;
  const char* name_;
};

}  // namespace authd::tables
