// Deleting a user: gone at once, and erased for good even if interrupted.
#include "tables/erasure.h"

#include <catch2/catch.hpp>

#include "support/fault_store.h"
#include "support/memory_store.h"
#include "support/rerun_store.h"
#include "tables/owned.h"
#include "tables/relations.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::tables;

namespace {

constexpr UserId kAnn{7};
constexpr UserId kBen{8};
// More than one transaction erases.
constexpr char kSessions = 70;

User user_of(UserId id) {
  User user;
  user.id = id;
  user.username = "user" + std::to_string(id.value);
  user.email = user.username + "@example.org";
  user.role_ids = {1, 2};
  return user;
}

void must(bool condition) {
  REQUIRE(condition);
}

template <typename F>
void write(store::Store& store, F act) {
  must(store
           .write([&](store::WriteTxn& tx) -> Result<void> {
             act(tx);
             return {};
           })
           .has_value());
}

void fill(store::Store& store, UserId id) {
  write(store, [&](store::WriteTxn& tx) {
    put_user(tx, user_of(id));
    avatars.put(tx, big_endian(id.value), Avatar{"jpeg", "v", {}, {}});
    user_attributes.put(tx, {id, {"a value"}, {}});
    Factors row;
    row.user = id;
    factors.put(tx, row);
    for (const char* provider : {"github", "google"}) {
      Identity identity;
      identity.provider = provider;
      identity.subject = std::to_string(id.value);
      identity.user = id;
      identities.insert(tx, identity);
    }
    Consent consent;
    consent.user = id;
    consent.client = "app";
    consents.insert(tx, consent);
    Grant grant;
    grant.id = std::string(8, 'g') + big_endian(id.value);
    grant.user = id;
    grants.insert(tx, grant);
    Passkey passkey;
    passkey.user = id;
    passkey.id_hash = std::string(24, 'p') + big_endian(id.value);
    passkeys.insert(tx, passkey);
    Device device;
    device.user = id;
    device.id = big_endian(id.value);
    devices.insert(tx, device);
    ApiKey key;
    key.user = id;
    key.number = id.value;
    api_keys.insert(tx, key);
    ended_ways.put(tx, big_endian(id.value), {1, {}});
  });
  for (char i = 0; i < kSessions; ++i) {
    write(store, [&](store::WriteTxn& tx) {
      Session session;
      session.id = std::string(15, static_cast<char>('a' + id.value)) + i;
      session.user = id;
      session.expires_at = Time(std::chrono::hours(1));
      sessions.insert(tx, session);
    });
  }
}

// The user's rows in all tables.
size_t rows_left(store::Store& store, UserId id) {
  const auto left = store.read([&](store::ReadTxn& tx) -> Result<size_t> {
    size_t rows = 0;
    for_each_owned_table([&](const auto& table) { rows += rows_of(tx, table, id).size(); });
    return rows;
  });
  must(left.has_value());
  return *left;
}

bool is_there(store::Store& store, UserId id) {
  const auto user = store.read([&](store::ReadTxn& tx) -> Result<bool> {
    return find_user(tx, id) || find_user_by_email(tx, user_of(id).email);
  });
  must(user.has_value());
  return *user;
}

bool is_marked(store::Store& store, UserId id) {
  const auto marked =
      store.read([&](store::ReadTxn& tx) -> Result<bool> { return is_being_erased(tx, id); });
  must(marked.has_value());
  return *marked;
}

std::vector<std::string> findings(store::Store& store) {
  std::vector<std::string> found;
  must(store
           .read([&](store::ReadTxn& tx) -> Result<void> {
             found.clear();
             check_relations(tx, [&](std::string one) { found.push_back(std::move(one)); });
             return {};
           })
           .has_value());
  return found;
}

TEST_CASE("a user who is deleted is gone at once, and nothing of what they owned stays") {
  test::MemoryStore memory;
  test::RerunStore store(memory);
  fill(store, kAnn);
  fill(store, kBen);
  const size_t owned = rows_left(store, kBen);
  CHECK(owned == 11u + kSessions);
  CHECK(rows_left(store, kAnn) == owned);
  write(store, [&](store::WriteTxn& tx) { mark_erased(tx, user_of(kAnn), Time()); });
  CHECK_FALSE(is_there(store, kAnn));
  CHECK(is_marked(store, kAnn));
  CHECK(findings(store).empty());
  REQUIRE(erase_owned(store, kAnn));
  CHECK_FALSE(is_marked(store, kAnn));
  CHECK(rows_left(store, kAnn) == 0);
  CHECK(rows_left(store, kBen) == owned);
  CHECK(findings(store).empty());
  // Without a mark nothing is erased.
  REQUIRE(erase_owned(store, kBen));
  CHECK(rows_left(store, kBen) == owned);
}

TEST_CASE("each table that users own rows of is erased") {
  for_each_owned_table([]<typename T>(const T& table) {
    CAPTURE(table.name());
    test::MemoryStore store;
    fill(store, kAnn);
    const auto before = store.read(
        [&](store::ReadTxn& tx) -> Result<size_t> { return rows_of(tx, table, kAnn).size(); });
    CHECK(before.value() >= 1);  // fill() has a row of each.
    write(store, [&](store::WriteTxn& tx) { mark_erased(tx, user_of(kAnn), Time()); });
    REQUIRE(erase_owned(store, kAnn));
    const auto after = store.read(
        [&](store::ReadTxn& tx) -> Result<size_t> { return rows_of(tx, table, kAnn).size(); });
    CHECK(after.value() == 0);
  });
}

TEST_CASE("an erasure that fails anywhere is ended by the job, and meanwhile the user stays gone") {
  size_t tried = 0;
  for (size_t n = 1;; ++n) {
    test::MemoryStore memory;
    test::FaultStore store(memory);
    fill(memory, kAnn);
    fill(memory, kBen);
    write(memory, [&](store::WriteTxn& tx) { mark_erased(tx, user_of(kAnn), Time()); });
    store.fail_at(n);
    const Result<void> erased = erase_owned(store, kAnn);
    INFO("operation " << n);
    REQUIRE(erased.has_value() != store.has_failed());
    CHECK_FALSE(is_there(memory, kAnn));
    REQUIRE(findings(memory).empty());
    if (!store.has_failed()) break;
    REQUIRE(is_marked(memory, kAnn));
    REQUIRE(erase_next(memory).value());
    REQUIRE_FALSE(erase_next(memory).value());
    REQUIRE(rows_left(memory, kAnn) == 0);
    REQUIRE(findings(memory).empty());
    tried += 1;
  }
  CHECK(tried > 100);
}

TEST_CASE("an index entry whose row is gone does not keep an erasure from its end") {
  test::MemoryStore store;
  write(store, [&](store::WriteTxn& tx) {
    put_user(tx, user_of(kAnn));
    user_sessions.put(tx, big_endian(kAnn.value) + "gone", Mark{});
    mark_erased(tx, user_of(kAnn), Time());
  });
  REQUIRE(erase_owned(store, kAnn));
  CHECK_FALSE(is_marked(store, kAnn));
  CHECK(findings(store).empty());
}

}  // namespace
