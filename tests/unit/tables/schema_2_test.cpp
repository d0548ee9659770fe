// The step from schema 1 to schema 2, over the rows that schema 1 wrote.
#include "tables/schema_2.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "base/uuid.h"
#include "support/fault_store.h"
#include "support/golden.h"
#include "support/memory_store.h"
#include "tables/migrations.h"
#include "tables/relations.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::tables;

namespace {

using Rows = std::map<std::string, std::string>;

Rows rows_of_store(store::Store& store) {
  Rows rows;
  REQUIRE(store.copy([&](std::string_view key, std::string_view value) -> Result<void> {
    rows.emplace(key, value);
    return {};
  }));
  return rows;
}

std::vector<std::string> findings(store::Store& store) {
  std::vector<std::string> found;
  REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
    found.clear();
    check_relations(tx, [&](std::string one) { found.push_back(std::move(one)); });
    return {};
  }));
  return found;
}

// As schema 1 wrote them: no entry in role_members.
void put_old_users(store::Store& store, uint64_t count, size_t roles) {
  for (uint64_t id = 1; id <= count; ++id) {
    REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
      User user;
      user.id = UserId{id};
      for (uint64_t role = 1; role <= roles; ++role)
        user.role_ids.push_back(role);
      users.rewrite(tx, user);
      numbers.put(tx, "schema_version", Number{1, {}});
      return {};
    }));
  }
}

size_t members(store::Store& store) {
  size_t count = 0;
  REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
    count = 0;
    role_members.scan(tx, "", "", [&](std::string_view, const Mark&) { return ++count > 0; });
    return {};
  }));
  return count;
}

// The subjects of all users. Each is found by its own.
std::map<uint64_t, std::string> subjects_in(store::Store& store) {
  std::map<uint64_t, std::string> found;
  REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
    found.clear();
    users.scan(tx, "", "", [&](std::string_view, const User& user) {
      if (user.subject.empty()) return true;
      found.emplace(user.id.value, user.subject);
      const auto by_subject = find_user_by_subject(tx, user.subject);
      REQUIRE((by_subject && by_subject->id == user.id));
      return true;
    });
    return {};
  }));
  return found;
}

// The rows without what is random.
Rows without_subjects(const Rows& rows) {
  Rows rest;
  for (const auto& [key, value] : rows) {
    if (key[0] == subjects.prefix()) continue;
    if (key[0] != users.prefix()) {
      rest.emplace(key, value);
      continue;
    }
    User user = decode_row<User>(value, "users");
    user.subject.clear();
    rest.emplace(key, encode_row(user));
  }
  return rest;
}

TEST_CASE("schema 2 keeps every row of schema 1 as it is, byte by byte, but for the subjects") {
  test::MemoryStore store;
  test::load_golden(store, test::golden_directory() / "schema-1-every-table.txt");
  const Rows before = rows_of_store(store);
  REQUIRE(migrate(store));
  CHECK(subjects_in(store).size() == 2);
  Rows after = without_subjects(rows_of_store(store));
  size_t added = 0;
  for (const auto& [key, value] : after) {
    if (before.contains(key)) continue;
    CHECK((key[0] == role_members.prefix() || key[0] == people.prefix()));
    added += 1;
  }
  CHECK(added == 3 + 2);  // ann has one role, ben two, and both can be found.
  for (const auto& [key, value] : before) {
    if (key != "mschema_version") CHECK(after[key] == value);
  }
  CHECK(schema_version(store).value() == 2);
  CHECK(findings(store).empty());
}

TEST_CASE("the roles of many users are indexed in transactions within the budget") {
  test::MemoryStore store;  // It refuses more.
  put_old_users(store, 300, 1);
  put_old_users(store, 5, 70);  // More than a user can have, and than one transaction takes.
  REQUIRE(migrate(store));
  CHECK(members(store) == 295 + 5 * 70);
  CHECK(findings(store).empty());
  CHECK_FALSE(store
                  .read([](store::ReadTxn& tx) -> Result<bool> {
                    return numbers.find(tx, "upgrading_roles").has_value();
                  })
                  .value());
}

TEST_CASE("many users get a subject each, in transactions within the budget") {
  test::MemoryStore store;  // It refuses more.
  put_old_users(store, 300, 1);
  REQUIRE(migrate(store));
  const auto given = subjects_in(store);
  CHECK(given.size() == 300);
  std::set<std::string> different;
  for (const auto& [id, subject] : given) {
    CHECK(is_uuid(subject));
    different.insert(subject);
  }
  CHECK(different.size() == 300);
}

TEST_CASE("what an upgrade that was given up left for the search is put right by the next") {
  test::MemoryStore store;
  put_old_users(store, 200, 1);
  Person stale;
  stale.text = "somebody else";
  std::vector<uint64_t> ids = {7};
  for (uint64_t gone = 201; gone <= 290; ++gone)
    ids.push_back(gone);
  for (const uint64_t id : ids) {
    REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
      people.put(tx, big_endian(id), stale);
      return {};
    }));
  }
  REQUIRE(migrate(store));
  CHECK(findings(store).empty());
  size_t count = 0;
  REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
    count = 0;
    people.scan(tx, "", "", [&](std::string_view, const Person&) { return ++count > 0; });
    return {};
  }));
  CHECK(count == 200);
}

TEST_CASE("what schema 1 left of users who were deleted gets its mark") {
  test::MemoryStore store;
  put_old_users(store, 2, 1);
  REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    Identity identity;
    identity.provider = "google";
    identity.subject = "1";
    identity.user = UserId{50};
    identities.insert(tx, identity);
    Session session;
    session.id = std::string(16, 's');
    session.user = UserId{51};
    sessions.insert(tx, session);
    return {};
  }));
  CHECK(findings(store).size() == 2 + 2 + 2);  // and the users are not in role_members and people
  REQUIRE(migrate(store));
  CHECK(findings(store).empty());
  for (const uint64_t id : {50, 51}) {
    CHECK(store
              .read([&](store::ReadTxn& tx) -> Result<bool> {
                return erasures.find(tx, big_endian(id)).has_value();
              })
              .value());
  }
}

TEST_CASE("an upgrade that is broken off anywhere goes on and comes to the same end") {
  const auto make = [](store::Store& store) {
    put_old_users(store, 130, 1);
    REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
      Factors row;
      row.user = UserId{500};
      factors.put(tx, row);
      return {};
    }));
  };
  test::MemoryStore whole;
  make(whole);
  REQUIRE(migrate(whole));
  const Rows wanted = without_subjects(rows_of_store(whole));
  size_t tried = 0;
  for (size_t n = 1;; n += 7) {
    test::MemoryStore memory;
    test::FaultStore store(memory);
    make(memory);
    store.fail_at(n);
    const auto first = migrate(store);
    INFO("operation " << n);
    if (!store.has_failed()) break;
    REQUIRE_FALSE(first);
    const auto given = subjects_in(memory);
    REQUIRE(migrate(memory));
    REQUIRE(without_subjects(rows_of_store(memory)) == wanted);
    // What was given before is kept.
    const auto all = subjects_in(memory);
    REQUIRE(all.size() == 130);
    for (const auto& [id, subject] : given)
      REQUIRE(all.at(id) == subject);
    tried += 1;
  }
  CHECK(tried > 10);
}

}  // namespace

TEST_CASE("the kind of a session that schema 1 wrote follows from its other fields") {
  const auto read_back = [](uint64_t generation, std::vector<std::string> amr) {
    Session old;
    old.generation = generation;
    old.amr = std::move(amr);
    return decode_row<Session>(encode_row(old), "sessions").kind;  // without a kind
  };
  CHECK(read_back(3, {"pwd"}) == SessionKind::tokens);
  CHECK(read_back(0, {"pwd", "otp", "mfa"}) == SessionKind::browser);
  CHECK(read_back(0, {}) == SessionKind::issued);
  // What is written says so itself.
  Session session;
  session.generation = 1;
  session.kind = SessionKind::browser;
  CHECK(decode_row<Session>(encode_row(session), "sessions").kind == SessionKind::browser);
}
