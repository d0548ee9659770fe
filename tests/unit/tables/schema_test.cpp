// The promises of the tables' declarations: indexes follow their rows, costs are not exceeded, and
// every breach of a relation is found.
#include "tables/schema.h"

#include <catch2/catch.hpp>

#include "support/forked.h"
#include "support/memory_store.h"
#include "tables/identities.h"
#include "tables/outbox.h"
#include "tables/owned.h"
#include "tables/relations.h"
#include "tables/sessions.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::tables;

namespace {

// Counts the writes of a transaction.
class CountingTxn final : public store::WriteTxn {
 public:
  explicit CountingTxn(store::WriteTxn& below) : below_(below) {}
  std::optional<std::string> get(std::string_view key) override { return below_.get(key); }
  void put(std::string_view key, std::string_view value) override {
    ++writes;
    below_.put(key, value);
  }
  void del(std::string_view key) override {
    ++writes;
    below_.del(key);
  }
  size_t writes = 0;

 private:
  store::WriteTxn& below_;
};

struct World {
  // Returns how many writes it took.
  template <typename F>
  size_t write(F act) {
    const auto writes = store.write([&](store::WriteTxn& tx) -> Result<size_t> {
      CountingTxn counting(tx);
      act(counting);
      return counting.writes;
    });
    REQUIRE(writes);
    return *writes;
  }
  std::vector<std::string> findings() {
    std::vector<std::string> found;
    REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
      found.clear();
      check_relations(tx, [&](std::string finding) { found.push_back(std::move(finding)); });
      return {};
    }));
    return found;
  }
  template <typename T>
  std::vector<std::string> keys(const T& table) {
    std::vector<std::string> found;
    REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
      found.clear();
      table.scan(tx, "", "", [&](std::string_view key, const auto&) {
        found.emplace_back(key);
        return true;
      });
      return {};
    }));
    return found;
  }

  test::MemoryStore store;
};

User ann() {
  User user;
  user.id = UserId{7};
  user.username = "Ann";
  user.email = "Ann@example.org";
  user.phone_number = "+4930123456";
  user.role_ids = {3, 1};
  return user;
}

Session session_of(UserId user, char id) {
  Session session;
  session.id = std::string(16, id);
  session.user = user;
  session.expires_at = Time(std::chrono::hours(1));
  return session;
}

std::string member(uint64_t role, uint64_t user) {
  return big_endian(role) + big_endian(user);
}

using Keys = std::vector<std::string>;

TEST_CASE("indexes follow a row that is put, changed and deleted") {
  World w;
  User user = ann();
  CHECK(w.write([&](store::WriteTxn& tx) { put_user(tx, user); }) == users.insert_writes(user));
  CHECK(users.insert_writes(user) == 7);
  CHECK(w.keys(usernames) == Keys{"ann"});
  CHECK(w.keys(emails) == Keys{"ann@example.org"});
  CHECK(w.keys(phones) == Keys{"+4930123456"});
  CHECK(w.keys(role_members) == Keys{member(1, 7), member(3, 7)});
  // Only what changed is written.
  user.session_epoch += 1;
  CHECK(w.write([&](store::WriteTxn& tx) { put_user(tx, user); }) == 1);
  user.first_name = "Ann";
  CHECK(w.write([&](store::WriteTxn& tx) { put_user(tx, user); }) == kKeptNamesWrites);
  user.username = "Anna";
  user.email.clear();
  user.role_ids = {1, 2};
  CHECK(w.write([&](store::WriteTxn& tx) { put_user(tx, user); }) == 1 + 2 + 1 + 2 + 1);
  CHECK(w.keys(usernames) == Keys{"anna"});
  CHECK(w.keys(emails).empty());
  CHECK(w.keys(role_members) == Keys{member(1, 7), member(2, 7)});
  CHECK(w.findings().empty());
  CHECK(w.write([&](store::WriteTxn& tx) { users.del(tx, big_endian(7)); }) == 6);
  for (const auto& index :
       {w.keys(usernames), w.keys(phones), w.keys(role_members), w.keys(people), w.keys(users)})
    CHECK(index.empty());
}

TEST_CASE("an index entry follows a mail that is put off, and a dead one has none") {
  World w;
  Mail mail;
  mail.id = std::string(16, 'm');
  mail.due_at = Time(Milliseconds(5));
  CHECK(w.write([&](store::WriteTxn& tx) { outbox.put(tx, mail); }) == 2);
  Mail later = mail;
  later.due_at = Time(Milliseconds(9));
  CHECK(w.write([&](store::WriteTxn& tx) { outbox.put(tx, later); }) == 3);
  CHECK(w.keys(mail_due) == Keys{big_endian(9) + mail.id});
  later.attempts = 1;
  CHECK(w.write([&](store::WriteTxn& tx) { outbox.put(tx, later); }) == 1);
  later.dead = true;
  w.write([&](store::WriteTxn& tx) { outbox.put(tx, later); });
  CHECK(w.keys(mail_due).empty());
  CHECK(w.findings().empty());
}

TEST_CASE("an identity that goes to another user leaves the first one's list") {
  World w;
  Identity identity;
  identity.provider = "google";
  identity.subject = "123";
  identity.user = UserId{7};
  w.write([&](store::WriteTxn& tx) {
    put_user(tx, ann());
    User ben;
    ben.id = UserId{8};
    put_user(tx, ben);
    put_identity(tx, identity);
    identity.user = UserId{8};
    put_identity(tx, identity);
  });
  CHECK(w.keys(user_identities) == Keys{big_endian(8) + "google"});
  CHECK(w.findings().empty());
}

TEST_CASE("the rows of one user are walked by key and by index, and no others") {
  World w;
  w.write([&](store::WriteTxn& tx) {
    for (const uint64_t id : {6, 7, 8}) {
      insert_session(tx, session_of(UserId{id}, static_cast<char>('a' + id)));
      ApiKey key;
      key.user = UserId{id};
      key.number = 10 + id;
      api_keys.insert(tx, key);
    }
    insert_session(tx, session_of(UserId{7}, 'z'));
  });
  REQUIRE(w.store.read([&](store::ReadTxn& tx) -> Result<void> {
    CHECK(rows_of(tx, sessions, UserId{7}).size() == 2);
    CHECK(rows_of(tx, sessions, UserId{7}, 1).size() == 1);
    CHECK(rows_of(tx, sessions, UserId{9}).empty());
    const auto keys = rows_of(tx, api_keys, UserId{7});
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].number == 17);
    return {};
  }));
}

TEST_CASE("the users with a role are found without the others") {
  World w;
  w.write([&](store::WriteTxn& tx) {
    for (uint64_t id = 1; id <= 9; ++id) {
      User user;
      user.id = UserId{id};
      user.role_ids = id % 2 == 0 ? std::vector<uint64_t>{1, 2} : std::vector<uint64_t>{1};
      put_user(tx, user);
    }
  });
  std::vector<uint64_t> found;
  REQUIRE(w.store.read([&](store::ReadTxn& tx) -> Result<void> {
    found.clear();
    scan_members(tx, RoleId{2}, UserId{2}, [&](const User& user) {
      found.push_back(user.id.value);
      return found.size() < 2;
    });
    return {};
  }));
  CHECK(found == std::vector<uint64_t>{4, 6});
}

TEST_CASE("a name that belongs to another row ends the process: it is a bug") {
  World w;
  w.write([&](store::WriteTxn& tx) { put_user(tx, ann()); });
  const auto ends = [&](const User& user) {
    const int status = test::status_behind(
        [] { return 0; },
        [&] {
          const auto put = w.store.write([&](store::WriteTxn& tx) -> Result<void> {
            put_user(tx, user);
            return {};
          });
          return put ? 0 : 1;
        });
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  };
  User other;
  other.id = UserId{8};
  CHECK_FALSE(ends(other));
  other.username = "aNN";
  CHECK(ends(other));
  other.username = "ben";
  other.phone_number = ann().phone_number;
  CHECK(ends(other));
}

TEST_CASE("every table states its costs, and none is too dear for one transaction") {
  for_each_table([]<typename T>(const T& table) {
    CAPTURE(table.name());
    CHECK(T::kPutWrites >= 1);
    CHECK(T::kPutWrites <= kWriteBudget);
    CHECK(T::kDelWrites <= kWriteBudget);
  });
  CHECK(decltype(sessions)::kInsertWrites == 3);
  CHECK(decltype(sessions)::kDelWrites == 2);
  CHECK(decltype(outbox)::kUpdateWrites == 3);
  CHECK(decltype(users)::kInsertWrites == 7 + kMaxRolesPerUser);
}

TEST_CASE("the engine of the tests refuses a write that no code may plan for") {
  World w;
  const auto put = [&](size_t rows) {
    return w.store.write([&](store::WriteTxn& tx) -> Result<void> {
      for (size_t i = 0; i < rows; ++i)
        settings.put(tx, std::to_string(i), Setting{"x", {}});
      return {};
    });
  };
  CHECK(put(kWriteBudget));
  CHECK_FALSE(put(kWriteBudget + 1));
}

TEST_CASE("a row whose end moves to an earlier time has an entry for that") {
  World w;
  Attempts row;
  row.expires_at = Time(std::chrono::hours(2));
  w.write([&](store::WriteTxn& tx) { attempts.put(tx, "key", row); });
  row.expires_at = Time(std::chrono::hours(3));
  CHECK(w.write([&](store::WriteTxn& tx) { attempts.put(tx, "key", row); }) == 1);
  row.expires_at = Time(std::chrono::hours(1));
  CHECK(w.write([&](store::WriteTxn& tx) { attempts.put(tx, "key", row); }) == 2);
  CHECK(w.keys(expiries).size() == 2);
}

// A row of each kind that a user can own, for a user of whom nothing else exists.
template <typename T>
typename T::RowType owned_by(UserId user) {
  using Row = typename T::RowType;
  Row row;
  if constexpr (requires { row.user; }) row.user = user;
  if constexpr (requires { row.id; }) row.id = std::string(16, 'o');
  return row;
}

TEST_CASE("a row of a user who is gone is found in every table that users own rows of") {
  size_t tried = 0;
  for_each_owned_table([&]<typename T>(const T& table) {
    CAPTURE(table.name());
    World w;
    const UserId nobody{99};
    w.write([&](store::WriteTxn& tx) {
      const auto row = owned_by<T>(nobody);
      if constexpr (T::kHasKey) {
        table.insert(tx, row);
      } else {
        table.insert(tx, big_endian(nobody.value), row);
      }
    });
    const auto findings = w.findings();
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].find("belongs to user 99, who is gone") != std::string::npos);
    // Not while they are being erased.
    w.write([&](store::WriteTxn& tx) { erasures.put(tx, big_endian(99), Erasure{}); });
    CHECK(w.findings().empty());
    tried += 1;
  });
  CHECK(tried >= 5);
}

TEST_CASE("an entry that is missing in an index, and one too many, are found") {
  World w;
  w.write([&](store::WriteTxn& tx) {
    put_user(tx, ann());
    insert_session(tx, session_of(UserId{7}, 's'));
  });
  REQUIRE(w.findings().empty());
  const auto after = [&](auto damage) {
    World damaged;
    damaged.write([&](store::WriteTxn& tx) {
      put_user(tx, ann());
      insert_session(tx, session_of(UserId{7}, 's'));
      damage(tx);
    });
    return damaged.findings();
  };
  CHECK(after([](store::WriteTxn& tx) { usernames.del(tx, "ann"); }) ==
        Keys{"row 7 of users is not in usernames"});
  CHECK(after([](store::WriteTxn& tx) { role_members.del(tx, member(3, 7)); }) ==
        Keys{"row 7 of users is not in role_members"});
  CHECK(after([](store::WriteTxn& tx) { role_members.put(tx, member(4, 7), {}); }).size() == 1);
  CHECK(after([](store::WriteTxn& tx) { people.del(tx, big_endian(7)); }) ==
        Keys{"row 7 of users is not in people"});
  CHECK(after([](store::WriteTxn& tx) { people.put(tx, big_endian(7), {}); }) ==
        Keys{"row 7 of users is not in people"});
  CHECK(after([](store::WriteTxn& tx) { people.put(tx, big_endian(8), {}); }).size() == 1);
  CHECK(after([](store::WriteTxn& tx) { emails.put(tx, "x@y", Reference{7, {}}); }).size() == 1);
  CHECK(after([](store::WriteTxn& tx) { emails.put(tx, "x@y", Reference{5, {}}); }).size() == 1);
  CHECK(after([](store::WriteTxn& tx) {
          user_sessions.put(tx, big_endian(7) + "no session", {});
        }).size() == 1);
  CHECK(after([](store::WriteTxn& tx) { users.rewrite(tx, big_endian(6), ann()); }).size() >= 1);
  CHECK(after([](store::WriteTxn& tx) {
          sessions.rewrite(tx, session_of(UserId{7}, 'n'));
        }).size() == 2);
}

}  // namespace
