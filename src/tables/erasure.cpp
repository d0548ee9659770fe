#include "tables/erasure.h"

#include <algorithm>
#include <vector>

#include "tables/owned.h"

namespace authd::tables {
namespace {

constexpr size_t kMaxMarks = 1000;  // that are looked at to find one that may go

// Removes up to a batch of the user's rows in one table. True: there may be more.
template <typename T>
Result<bool> erase_some(store::Store& store, const T& table, UserId user) {
  constexpr size_t kBatch = kWriteBudget / T::kDelWrites;
  const std::vector<OwnedKey> owned =
      TRY(store.read([&](store::ReadTxn& tx) -> Result<std::vector<OwnedKey>> {
        std::vector<OwnedKey> found;
        scan_owned(tx, table, user, [&](const OwnedKey& at) {
          found.push_back(at);
          return found.size() < kBatch;
        });
        return found;
      }));
  if (owned.empty()) return false;
  TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
    if (!is_being_erased(tx, user)) return {};  // Another process has erased it already.
    for (const OwnedKey& at : owned) {
      const auto row = table.find(tx, at.key);
      if (row && T::Owner::owner_of(at.key, *row) == user) {
        table.remove(tx, at.key, *row);
      } else if constexpr (T::Owner::kFound == OwnedRows::by_index) {
        T::Owner::kIndex.del(tx, at.entry);  // The entry names a row that is gone.
      }
    }
    return {};
  }));
  return owned.size() == kBatch;
}

// That of the deletion is there from the beginning. One that comes later is about nothing that this
// one was not about.
bool has_notice(store::ReadTxn& tx, UserId user) {
  const std::string first = big_endian(user.value);
  bool has_one = false;
  logout_notices.scan(tx, first, end_of_prefix(first), [&](std::string_view, const LogoutNotice&) {
    has_one = true;
    return false;
  });
  return has_one;
}

}  // namespace

void mark_erased(store::WriteTxn& tx, const User& user, Time now) {
  users.remove(tx, user);
  erasures.put(tx, big_endian(user.id.value), Erasure{now, {}});
}

bool is_being_erased(store::Reader& tx, UserId user) {
  return erasures.find(tx, big_endian(user.value)).has_value();
}

Result<void> erase_owned(store::Store& store, UserId user) {
  const bool may_go = TRY(store.read([&](store::ReadTxn& tx) -> Result<bool> {
    return is_being_erased(tx, user) && !has_notice(tx, user);
  }));
  if (!may_go) return {};
  Result<void> outcome;
  for_each_owned_table([&](const auto& table) {
    bool more = true;
    while (outcome && more) {
      outcome = [&]() -> Result<void> {
        more = TRY(erase_some(store, table, user));
        return {};
      }();
    }
  });
  TRY(std::move(outcome));
  return store.write([&](store::WriteTxn& tx) -> Result<void> {
    erasures.del(tx, big_endian(user.value));
    return {};
  });
}

Result<bool> erase_next(store::Store& store) {
  using Marked = std::optional<UserId>;
  const Marked marked = TRY(store.read([](store::ReadTxn& tx) -> Result<Marked> {
    std::vector<UserId> all;
    erasures.scan(tx, "", "", [&](std::string_view key, const Erasure&) {
      all.push_back(UserId{from_big_endian(key)});
      return all.size() < kMaxMarks;
    });
    const auto first =
        std::find_if(all.begin(), all.end(), [&](UserId user) { return !has_notice(tx, user); });
    return first == all.end() ? Marked() : Marked(*first);
  }));
  if (!marked) return false;
  TRY(erase_owned(store, *marked));
  return true;
}

}  // namespace authd::tables
