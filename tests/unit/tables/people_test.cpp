#include "tables/people.h"

#include <catch2/catch.hpp>

#include "support/memory_store.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::tables;

namespace {

User user_of(uint64_t id) {
  User user;
  user.id = UserId{id};
  user.username = "Ann" + std::to_string(id);
  return user;
}

std::string text_of(const User& user) {
  return person_of_user(user)->row.text;
}

// What a scan sees, as "id text".
Result<std::vector<std::string>> scanned(test::MemoryStore& store) {
  return store.read([](store::ReadTxn& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> all;
    scan_people(tx, [&](const PersonView& person) {
      all.push_back(std::to_string(person.id.value) + " " + std::string(person.text));
    });
    return all;
  });
}

void put(test::MemoryStore& store, std::string_view key, std::string_view value) {
  REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    tx.put(key, value);
    return {};
  }));
}

}  // namespace

TEST_CASE("what a search reads of somebody follows from their row") {
  User user = user_of(7);
  CHECK(text_of(user) == "ann7");
  user.first_name = "Łucja";
  CHECK(text_of(user) == "lucja\nann7");
  user.last_name = "Müller\nSchmidt";
  user.email = "L.M@Example.org";
  CHECK(text_of(user) == "muller schmidt lucja\nann7\nl.m@example.org");
  user.disabled = user.email_verified = true;
  user.last_activity = Time(std::chrono::hours(5) + std::chrono::minutes(59));
  const Person person = person_of_user(user)->row;
  CHECK(person.traits == (Trait::disabled | Trait::verified));
  user.role_ids = {1, 48, 49};
  CHECK(person_of_user(user)->row.traits ==
        (person.traits | uint64_t{1} << 16 | uint64_t{1} << 63));
  CHECK(person.active_step == 5);
}

TEST_CASE("of long names, what counts is short, and whole characters") {
  User user = user_of(7);
  user.last_name = std::string(63, 'a') + "Ж" + std::string(100, 'b');
  user.email = std::string(64, 'c') + "@" + std::string(180, 'd') + ".org";
  const std::string text = text_of(user);
  CHECK(text ==
        std::string(63, 'a') + "\nann7\n" + std::string(64, 'c') + "@" + std::string(64, 'd'));
}

TEST_CASE("everybody is seen once, piece by piece") {
  test::MemoryStore store;
  for (const uint64_t id : {1u, 2u, 300u, 301u, 70'000u}) {
    REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
      put_user(tx, user_of(id));
      return {};
    }));
  }
  std::vector<uint64_t> seen;
  std::vector<size_t> pieces;
  REQUIRE(store.read([&](store::ReadTxn& tx) -> Result<void> {
    for (std::optional<UserId> after = UserId{}; after;) {
      const size_t before = seen.size();
      after = scan_people_after(tx, *after, 2,
                                [&](const PersonView& person) { seen.push_back(person.id.value); });
      pieces.push_back(seen.size() - before);
    }
    CHECK_FALSE(scan_people_after(tx, UserId{UINT64_MAX}, 2, [](const PersonView&) {}));
    return {};
  }));
  CHECK(seen == std::vector<uint64_t>{1, 2, 300, 301, 70'000});
  CHECK(pieces == std::vector<size_t>{2, 2, 1, 0});
}

TEST_CASE("a minute of activity is no write for the search, and another hour is one") {
  User before = user_of(7);
  before.last_activity = Time(std::chrono::minutes(61));
  User after = before;
  after.last_activity = Time(std::chrono::minutes(119));
  const auto row = [](const User& user) { return encode_row(person_of_user(user)->row); };
  CHECK(row(before) == row(after));
  after.last_activity = Time(std::chrono::minutes(120));
  CHECK(row(before) != row(after));
}

TEST_CASE("a scan reads what the codec wrote, with fields of a newer release") {
  test::MemoryStore store;
  REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    put_user(tx, user_of(2));
    put_user(tx, user_of(300));
    return {};
  }));
  const std::string newer = encode_row(person_of_user(user_of(1))->row) + "\x09\x01\x07";
  put(store, "1" + big_endian(uint64_t{1}), newer);
  CHECK(*scanned(store) == std::vector<std::string>{"1 ann1", "2 ann2", "300 ann300"});
}

TEST_CASE("a row that cannot be read is a fault") {
  using namespace std::string_literals;
  const std::string value =
      GENERATE(""s, "\x02"s, "\x01\x01"s, "\x01\x01\x05\x01"s, "\x01\x01\x01\x80"s,
               "\x01\x01\x02\x01\x01"s, "\x01\x04\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x41"s);
  test::MemoryStore store;
  put(store, "1" + big_endian(uint64_t{1}), value);
  const auto found = scanned(store);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::unavailable);
}
