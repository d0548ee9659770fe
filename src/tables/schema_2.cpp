#include "tables/schema_2.h"

#include <set>
#include <vector>

#include "base/uuid.h"
#include "tables/version.h"

namespace authd::tables {
namespace {

constexpr uint64_t kFrom = 1;

// The last user whose roles are indexed.
constexpr const char* kIndexedKey = "upgrading_roles";

// Rows per read: a read pins the pages that others free meanwhile.
constexpr size_t kLookBatch = 5'000;

struct Missing {
  std::vector<std::string> entries;  // of role_members
  uint64_t last = 0;                 // there are no other such users up to this one
  bool is_end = false;
};

// Less one for the note.
constexpr size_t kEntries = kWriteBudget - 1;

// The entries of the users after `user`, as many as fit into one transaction.
Result<Missing> find_missing(store::Store& store, uint64_t user) {
  using InRoles = decltype(users)::IndexIn<role_members>;
  return store.read([&](store::ReadTxn& tx) -> Result<Missing> {
    Missing missing;
    missing.last = user;
    missing.is_end = true;
    size_t looked = 0;
    users.scan(tx, big_endian(user + 1), "", [&](std::string_view, const User& row) {
      std::vector<std::string> mine;
      for (const auto& entry : InRoles::entries_of(row)) {
        if (!role_members.find(tx, entry.key)) mine.push_back(entry.key);
      }
      // A user with more roles than fit is continued in the next transaction.
      const size_t room = kEntries - missing.entries.size();
      const size_t taken = std::min(room, mine.size());
      missing.entries.insert(missing.entries.end(), mine.begin(),
                             mine.begin() + static_cast<std::ptrdiff_t>(taken));
      missing.is_end = taken == mine.size() && ++looked < kLookBatch;
      if (taken == mine.size()) missing.last = row.id.value;
      return missing.is_end;
    });
    return missing;
  });
}

Result<void> index_roles(store::Store& store) {
  uint64_t user = TRY(store.read([](store::ReadTxn& tx) -> Result<uint64_t> {
    return numbers.find(tx, kIndexedKey).value_or(Number{}).value;
  }));
  while (true) {
    const Missing missing = TRY(find_missing(store, user));
    if (!missing.entries.empty() || !missing.is_end) {
      TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
        if (version_in(tx) != kFrom) return {};  // Another process has done it meanwhile.
        for (const std::string& entry : missing.entries)
          role_members.put(tx, entry, Mark{});
        numbers.put(tx, kIndexedKey, Number{missing.last, {}});
        return {};
      }));
    }
    if (missing.is_end) return {};
    user = missing.last;
  }
}

struct Nameless {
  std::vector<uint64_t> users;  // without a subject
  uint64_t last = 0;            // there are no other such users up to this one
  bool is_end = false;
};

// The users after `user` who have no subject, as many as get one in one transaction.
Result<Nameless> find_nameless(store::Store& store, uint64_t user) {
  constexpr size_t kWritesEach = 2;  // the row, and its entry in the index
  return store.read([&](store::ReadTxn& tx) -> Result<Nameless> {
    Nameless found;
    found.last = user;
    found.is_end = true;
    size_t looked = 0;
    users.scan(tx, big_endian(user + 1), "", [&](std::string_view, const User& row) {
      if (row.subject.empty()) found.users.push_back(row.id.value);
      found.last = row.id.value;
      found.is_end = ++looked < kLookBatch && found.users.size() < kWriteBudget / kWritesEach;
      return found.is_end;
    });
    return found;
  });
}

// Needs no record of its progress: whoever has a subject is passed over.
Result<void> give_subjects(store::Store& store) {
  SystemRandom random;
  Nameless found;
  do {
    found = TRY(find_nameless(store, found.last));
    if (found.users.empty()) continue;
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != kFrom) return {};
      for (const uint64_t id : found.users) {
        // A server that still runs may have changed or deleted the user since.
        std::optional<User> user = users.find(tx, big_endian(id));
        if (!user || !user->subject.empty()) continue;
        user->subject = make_uuid(random);
        users.rewrite(tx, *user);
        subjects.put(tx, user->subject, Reference{id, {}});
      }
      return {};
    }));
  } while (!found.is_end);
  return {};
}

struct Unlike {
  std::vector<uint64_t> users;  // whose row in `people` is not the one that follows from them
  uint64_t last = 0;            // there are no other such users up to this one
  bool is_end = false;
};

// The users after `user`, as many as fit into one transaction.
Result<Unlike> find_unlike(store::Store& store, uint64_t user) {
  return store.read([&](store::ReadTxn& tx) -> Result<Unlike> {
    Unlike found;
    found.last = user;
    found.is_end = true;
    size_t looked = 0;
    users.scan(tx, big_endian(user + 1), "", [&](std::string_view key, const User& row) {
      const auto there = people.find(tx, key);
      const auto due = person_of_user(row);
      if (!there || encode_row(*there) != encode_row(due->row)) found.users.push_back(row.id.value);
      found.last = row.id.value;
      found.is_end = ++looked < kLookBatch && found.users.size() < kWriteBudget;
      return found.is_end;
    });
    return found;
  });
}

// The same for rows in `people` of users who are gone: an upgrade that was given up left them, and
// the older release deleted the users.
Result<Unlike> find_gone(store::Store& store, uint64_t user) {
  return store.read([&](store::ReadTxn& tx) -> Result<Unlike> {
    Unlike found;
    found.last = user;
    found.is_end = true;
    size_t looked = 0;
    people.scan(tx, big_endian(user + 1), "", [&](std::string_view key, const Person&) {
      found.last = from_big_endian(key);
      if (!tx.look(users.full_key(key), [](std::string_view) {})) found.users.push_back(found.last);
      found.is_end = ++looked < kLookBatch && found.users.size() < kWriteBudget;
      return found.is_end;
    });
    return found;
  });
}

Result<void> settle_people(store::Store& store, Result<Unlike> (*find)(store::Store&, uint64_t)) {
  Unlike found;
  do {
    found = TRY(find(store, found.last));
    if (found.users.empty()) continue;
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != kFrom) return {};
      for (const uint64_t id : found.users) {
        // A server that still runs may have changed or deleted the user since.
        const std::string key = big_endian(id);
        const std::optional<User> user = users.find(tx, key);
        if (user) {
          people.put(tx, key, person_of_user(*user)->row);
        } else {
          people.del(tx, key);
        }
      }
      return {};
    }));
  } while (!found.is_end);
  return {};
}

// Needs no record of its progress: what is right is passed over. So it also mends what an older
// release left behind between two attempts.
Result<void> index_people(store::Store& store) {
  TRY(settle_people(store, &find_unlike));
  return settle_people(store, &find_gone);
}

struct Orphans {
  std::set<uint64_t> owners;  // who are deleted but not marked
  std::string next;
  bool is_end = true;
};

template <typename T>
Result<Orphans> find_orphans(store::Store& store, const T& table, const std::string& from) {
  return store.read([&](store::ReadTxn& tx) -> Result<Orphans> {
    Orphans found;
    size_t looked = 0;
    table.scan(tx, from, "", [&](std::string_view key, const typename T::RowType& row) {
      if (looked++ == kLookBatch || found.owners.size() == kWriteBudget) {
        found.next = key;
        found.is_end = false;
        return false;
      }
      const uint64_t user = T::Owner::owner_of(key, row).value;
      const std::string user_key = big_endian(user);
      if (!users.find(tx, user_key) && !erasures.find(tx, user_key)) found.owners.insert(user);
      return true;
    });
    return found;
  });
}

template <typename T>
Result<void> mark_orphans(store::Store& store, const T& table) {
  Orphans orphans;
  do {
    orphans = TRY(find_orphans(store, table, orphans.next));
    if (orphans.owners.empty()) continue;
    TRY(store.write([&](store::WriteTxn& tx) -> Result<void> {
      if (version_in(tx) != kFrom) return {};
      for (const uint64_t user : orphans.owners)
        erasures.put(tx, big_endian(user), Erasure{});
      return {};
    }));
  } while (!orphans.is_end);
  return {};
}

}  // namespace

Result<void> prepare_schema_2(store::Store& store) {
  TRY(index_roles(store));
  TRY(give_subjects(store));
  TRY(index_people(store));
  Result<void> outcome;
  for_each_owned_table([&](const auto& table) {
    if (outcome) outcome = mark_orphans(store, table);
  });
  return outcome;
}

Result<void> finish_schema_2(store::WriteTxn& tx) {
  numbers.del(tx, kIndexedKey);
  return {};
}

}  // namespace authd::tables
