#include "tables/users.h"

#include <catch2/catch.hpp>

#include "support/memory_store.h"
#include "tables/migrations.h"
#include "tables/stat.h"

using namespace authd;
using namespace authd::tables;

namespace {

template <typename F>
void write(test::MemoryStore& store, F act) {
  REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    act(tx);
    return {};
  }));
}

uint64_t owner_of(test::MemoryStore& store, std::string_view name) {
  const auto id = store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
    auto user = find_user_by_username(tx, name);
    if (!user) user = find_user_by_email(tx, name);
    return user ? user->id.value : 0;
  });
  REQUIRE(id);
  return *id;
}

uint64_t holder_of_subject(test::MemoryStore& store, const std::string& subject) {
  const auto id = store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
    const auto user = find_user_by_subject(tx, subject);
    return user ? user->id.value : 0;
  });
  REQUIRE(id);
  return *id;
}

}  // namespace

TEST_CASE("indexes follow the names of a user") {
  test::MemoryStore store;
  User user;
  user.id = UserId{7};
  user.username = "Ann";
  user.email = "Ann@Example.org";
  user.subject = "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16";
  write(store, [&](store::WriteTxn& tx) { put_user(tx, user); });
  CHECK(owner_of(store, "aNN") == 7);
  CHECK(owner_of(store, "ann@example.ORG") == 7);
  CHECK(holder_of_subject(store, user.subject) == 7);
  CHECK(holder_of_subject(store, "") == 0);
  CHECK(holder_of_subject(store, std::string(1000, 'a')) == 0);
  user.username = "Anna";
  user.email.clear();
  write(store, [&](store::WriteTxn& tx) { put_user(tx, user); });
  CHECK(owner_of(store, "ann") == 0);
  CHECK(owner_of(store, "anna") == 7);
  CHECK(owner_of(store, "ann@example.org") == 0);
  CHECK(holder_of_subject(store, user.subject) == 7);
  write(store, [&](store::WriteTxn& tx) { users.remove(tx, user); });
  const auto sizes = table_sizes(store);
  REQUIRE(sizes);
  for (const TableSize& size : *sizes)
    CHECK(size.rows == 0);
}

TEST_CASE("the index of phone numbers follows them, and bears rows from before it") {
  test::MemoryStore store;
  const auto owner = [&] {
    const auto id = store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
      const auto user = find_user_by_phone(tx, "+4930123456");
      return user ? user->id.value : 0;
    });
    REQUIRE(id);
    return *id;
  };
  User a;
  a.id = UserId{1};
  a.phone_number = "+4930123456";
  User b = a;
  b.id = UserId{2};
  // Both were written when there was no index.
  write(store, [&](store::WriteTxn& tx) {
    users.rewrite(tx, a);
    users.rewrite(tx, b);
  });
  CHECK(owner() == 0);
  write(store, [&](store::WriteTxn& tx) { put_user(tx, b); });
  CHECK(owner() == 2);
  write(store, [&](store::WriteTxn& tx) { put_user(tx, a); });
  CHECK(owner() == 2);
  write(store, [&](store::WriteTxn& tx) { users.remove(tx, a); });
  CHECK(owner() == 2);
  b.phone_number = "030 123456";  // a form from before
  write(store, [&](store::WriteTxn& tx) { put_user(tx, b); });
  CHECK(owner() == 0);
  b.phone_number = "+4930123456";
  write(store, [&](store::WriteTxn& tx) { put_user(tx, b); });
  CHECK(owner() == 2);
  write(store, [&](store::WriteTxn& tx) { users.remove(tx, b); });
  CHECK(owner() == 0);
}

TEST_CASE("every table has a prefix and a name of its own") {
  std::string prefixes;
  for (const TableInfo& table : all_tables()) {
    CHECK(prefixes.find(table.prefix) == std::string::npos);
    prefixes += table.prefix;
    CHECK(find_table(table.prefix) == &table);
  }
  CHECK(find_table('?') == nullptr);
}

TEST_CASE("numbers of a counter are never given twice, also when a transaction fails") {
  test::MemoryStore store;
  uint64_t first = 0;
  write(store, [&](store::WriteTxn& tx) { first = next_number(tx, "x"); });
  CHECK(first == 1);
  CHECK_FALSE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    next_number(tx, "x");
    return Error{ErrorCode::invalid, "no"};
  }));
  uint64_t second = 0;
  write(store, [&](store::WriteTxn& tx) { second = next_number(tx, "x"); });
  CHECK(second == 2);
}

TEST_CASE("a new store gets the current schema, a newer one is refused") {
  test::MemoryStore store;
  CHECK(*schema_version(store) == 0);
  CHECK(*migrate(store) == 0);
  CHECK(*schema_version(store) == kSchemaVersion);
  CHECK(*migrate(store) == kSchemaVersion);
  write(store, [](store::WriteTxn& tx) {
    numbers.put(tx, "schema_version", Number{kSchemaVersion + 1, {}});
  });
  const auto refused = migrate(store);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("newer") != std::string::npos);
}

TEST_CASE("the end of a prefix is the first key after it") {
  CHECK(end_of_prefix("a") == "b");
  CHECK(end_of_prefix(std::string("a\xff")) == "b");
  CHECK(end_of_prefix("\xff").empty());
  CHECK(from_big_endian(big_endian(0x0102030405060708)) == 0x0102030405060708);
  CHECK(big_endian(255) < big_endian(256));
}
