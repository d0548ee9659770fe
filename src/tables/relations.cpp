#include "tables/relations.h"

#include <algorithm>
#include <vector>

#include "base/encoding.h"

namespace authd::tables {
namespace {

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// "row 7 of users", "row ann of usernames", "row 0a1b… of sessions"
std::string row_text(const char* table, std::string_view key) {
  const std::string text = is_printable(key)            ? std::string(key)
                           : key.size() == kNumberBytes ? std::to_string(from_big_endian(key))
                                                        : hex_encode(key);
  return "row " + text + " of " + table;
}

std::string user_text(UserId user) {
  return "user " + std::to_string(user.value);
}

// A row as a number: eight bytes for each of a million sessions. Two rows with the same number
// could hide a finding, but never cause one.
size_t number_of(std::string_view prefixed_key) {
  return std::hash<std::string_view>()(prefixed_key);
}

class Relations {
 public:
  Relations(store::ReadTxn& tx, FunctionRef<void(std::string)> find) : tx_(tx), find_(find) {}

  void run() {
    guarded([&] { read_expiries(); });
    for_each_table([&](const auto& table) {
      guarded([&] { check_rows(table); });
      table.for_each_index([&](auto index) { guarded([&] { check_entries(table, index); }); });
    });
  }

 private:
  void guarded(FunctionRef<void()> check) {
    try {
      check();
    } catch (const store::Fault& fault) {
      find_(fault.what());
    }
  }

  void read_expiries() {
    expiries.scan(tx_, "", "", [&](std::string_view key, const Mark&) {
      const TableInfo* table = key.size() > kNumberBytes ? find_table(key[kNumberBytes]) : nullptr;
      if (table == nullptr || table->expire == nullptr) {
        find_("an expiry entry names no table whose rows expire");
        return true;
      }
      ending_.push_back(number_of(after_number(key)));
      return true;
    });
    std::sort(ending_.begin(), ending_.end());
  }

  template <typename T>
  void check_rows(const T& table) {
    size_t endless = 0;
    table.scan(tx_, "", "", [&](std::string_view key, const typename T::RowType& row) {
      if constexpr (T::kHasKey) {
        if (table.key_of(row) != key)
          find_(row_text(table.name(), key) + " lies under another key");
      }
      table.for_each_index([&](auto index) { check_is_in(index, table, key, row); });
      check_owner(table, key, row);
      if constexpr (T::kExpires) {
        const size_t number = number_of(table.full_key(key));
        if (!std::binary_search(ending_.begin(), ending_.end(), number)) endless += 1;
      }
      return true;
    });
    if (endless > 0) {
      find_(std::to_string(endless) + " rows of " + table.name() + " have no expiry entry");
    }
  }

  template <typename Index, typename T>
  void check_is_in(Index, const T& table, std::string_view key, const typename T::RowType& row) {
    bool is_in = true;
    if constexpr (Index::kIsUnique) {
      const std::string name = Index::name_of(row);
      const uint64_t holder = name.empty() ? row.id.value : Index::holder_of(tx_, name);
      // If the index is younger than the row, the name may belong to another row, which was indexed
      // first.
      is_in = holder == row.id.value || (Index::kAge == IndexAge::younger && holder != 0);
    } else {
      for (const auto& entry : Index::entries_of(row)) {
        const auto there = Index::kIndex.find(tx_, entry.key);
        is_in = is_in && there && encode_row(*there) == encode_row(entry.row);
      }
    }
    if (!is_in) find_(row_text(table.name(), key) + " is not in " + Index::kIndex.name());
  }

  template <typename Index, typename T>
  void check_entries(const T& table, Index) {
    Index::kIndex.scan(tx_, "", "", [&](std::string_view key, const auto& entry) {
      bool is_right = false;
      if constexpr (Index::kIsUnique) {
        const auto row = table.find(tx_, big_endian(entry.id));
        is_right = row && Index::name_of(*row) == key;
      } else {
        const std::string row_key = Index::row_key_of(key, entry);
        const auto row = row_key.empty() ? std::nullopt : table.find(tx_, row_key);
        if (row) {
          const auto entries = Index::entries_of(*row);
          is_right = std::any_of(entries.begin(), entries.end(),
                                 [&](const auto& one) { return one.key == key; });
        }
      }
      if (!is_right) {
        find_(row_text(Index::kIndex.name(), key) + " names a row of " + table.name() +
              " that is gone or that it is not the entry of");
      }
      return true;
    });
  }

  // A deleted user's rows are removed by the erasure; those that end soon may stay until their end.
  template <typename T>
  void check_owner(const T& table, std::string_view key, const typename T::RowType& row) {
    if constexpr (T::kHasOwner) {
      if constexpr (T::Owner::kFound != OwnedRows::until_ended) {
        const UserId user = T::Owner::owner_of(key, row);
        const std::string user_key = big_endian(user.value);
        if (!tx_.look(users.full_key(user_key), [](std::string_view) {}) &&
            !erasures.find(tx_, user_key)) {
          find_(row_text(table.name(), key) + " belongs to " + user_text(user) + ", who is gone");
        }
      }
    }
  }

  store::ReadTxn& tx_;
  FunctionRef<void(std::string)> find_;
  std::vector<size_t> ending_;  // rows in `expiries`, sorted
};

}  // namespace

void check_relations(store::ReadTxn& tx, FunctionRef<void(std::string)> find) {
  Relations(tx, find).run();
}

}  // namespace authd::tables
