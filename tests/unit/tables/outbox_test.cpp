#include "tables/outbox.h"

#include <catch2/catch.hpp>

#include "support/memory_store.h"
#include "tables/mail_queue.h"
#include "tables/stat.h"

using namespace authd;
using namespace authd::tables;
using namespace std::chrono_literals;

namespace {

const Time kNow = from_unix_seconds(1'800'000'000);

template <typename F>
void write(test::MemoryStore& store, F act) {
  REQUIRE(store.write([&](store::WriteTxn& tx) -> Result<void> {
    act(tx);
    return {};
  }));
}

Mail put(test::MemoryStore& store, char id, Time due, bool dead = false) {
  Mail mail;
  mail.id = std::string(16, id);
  mail.kind = MailKind::test;
  mail.to = "ann@example.org";
  mail.created_at = due;
  mail.due_at = due;
  mail.dead = dead;
  write(store, [&](store::WriteTxn& tx) { insert_mail(tx, mail); });
  return mail;
}

std::string due_ids(test::MemoryStore& store, Time now, size_t limit = 100) {
  const auto ids = store.read([&](store::ReadTxn& tx) -> Result<std::string> {
    std::string found;
    for (const Mail& mail : due_mails(tx, now, Milliseconds(10h), limit))
      found += mail.id.substr(0, 1);
    return found;
  });
  REQUIRE(ids);
  return *ids;
}

std::optional<Time> next(test::MemoryStore& store) {
  const auto when = store.read(
      [](store::ReadTxn& tx) -> Result<std::optional<Time>> { return next_mail_due(tx); });
  REQUIRE(when);
  return *when;
}

std::string listed(test::MemoryStore& store, bool only_dead, size_t limit = 100) {
  const auto mails = list_mails(store, only_dead, limit);
  REQUIRE(mails);
  std::string ids;
  for (const Mail& mail : *mails)
    ids += mail.id.substr(0, 1);
  return ids;
}

}  // namespace

TEST_CASE("mails come when they are due, earliest first") {
  test::MemoryStore store;
  CHECK_FALSE(next(store));
  put(store, 'a', kNow + 2s);
  put(store, 'b', kNow + 1s);
  put(store, 'c', kNow + 1s);
  put(store, 'd', kNow, true);
  CHECK(next(store) == kNow + 1s);
  CHECK(due_ids(store, kNow + 1s - 1ms).empty());
  CHECK(due_ids(store, kNow + 1s) == "bc");
  CHECK(due_ids(store, kNow + 1h) == "bca");
  CHECK(due_ids(store, kNow + 1h, 1) == "b");
  CHECK(due_ids(store, kNow + 1h, 0).empty());
}

TEST_CASE("row and index of a mail go together") {
  test::MemoryStore store;
  const Mail mail = put(store, 'a', kNow);
  Mail later = mail;
  later.due_at = kNow + 1min;
  write(store, [&](store::WriteTxn& tx) { update_mail(tx, mail, later); });
  CHECK(due_ids(store, kNow).empty());
  CHECK(due_ids(store, kNow + 1min) == "a");
  Mail dead = later;
  dead.dead = true;
  write(store, [&](store::WriteTxn& tx) { update_mail(tx, later, dead); });
  CHECK_FALSE(next(store));
  write(store, [&](store::WriteTxn& tx) { update_mail(tx, dead, later); });
  CHECK(next(store) == kNow + 1min);
  write(store, [&](store::WriteTxn& tx) { delete_mail(tx, later); });
  const auto sizes = table_sizes(store);
  REQUIRE(sizes);
  for (const TableSize& size : *sizes)
    CHECK(size.rows == 0);
}

TEST_CASE("the outbox is listed oldest first, and no more of it than is asked for") {
  test::MemoryStore store;
  put(store, 'a', kNow + 3s);
  put(store, 'b', kNow + 1s, true);
  put(store, 'c', kNow + 2s);
  put(store, 'd', kNow + 4s, true);
  CHECK(listed(store, false) == "bcad");
  CHECK(listed(store, true) == "bd");
  CHECK(listed(store, false, 2) == "bc");
  CHECK(listed(store, false, 0).empty());
  const auto size = outbox_size(store);
  REQUIRE(size);
  CHECK(size->waiting == 2);
  CHECK(size->dead == 2);
  CHECK(size->oldest == kNow + 2s);
}

TEST_CASE("a retry makes a mail due now, and a dead one live") {
  test::MemoryStore store;
  Mail mail = put(store, 'a', kNow + 1h);
  Mail dead = put(store, 'b', kNow, true);
  CHECK(retry_mail(store, mail.id, kNow).value());
  CHECK(due_ids(store, kNow) == "a");
  CHECK(retry_mail(store, dead.id, kNow).value());
  CHECK(due_ids(store, kNow) == "ab");
  CHECK(listed(store, true).empty());
  CHECK_FALSE(retry_mail(store, std::string(16, 'x'), kNow).value());
}

TEST_CASE("a purge removes a mail; one of the dead ones spares what was revived") {
  test::MemoryStore store;
  const Mail live = put(store, 'a', kNow);
  const Mail dead = put(store, 'b', kNow, true);
  CHECK_FALSE(purge_mail(store, live.id, true).value());
  CHECK(purge_mail(store, dead.id, true).value());
  CHECK_FALSE(purge_mail(store, dead.id, false).value());
  CHECK(purge_mail(store, live.id, false).value());
  CHECK(listed(store, false).empty());
  CHECK_FALSE(next(store));
}

TEST_CASE("every kind of mail has a name of its own") {
  std::vector<std::string_view> names;
  for (int kind = 1; kind <= 11; ++kind) {
    const std::string_view name = mail_kind_name(static_cast<MailKind>(kind));
    CHECK(name != "unknown");
    CHECK(std::find(names.begin(), names.end(), name) == names.end());
    names.push_back(name);
  }
  CHECK(mail_kind_name(static_cast<MailKind>(12)) == "unknown");
}

TEST_CASE("what is due later than anybody puts a mail off is due, behind what is due by its time") {
  test::MemoryStore store;
  put(store, 'f', kNow + 8760h);
  put(store, 'l', kNow + 10h - 1ms);
  put(store, 'd', kNow);
  CHECK(due_ids(store, kNow) == "df");
  CHECK(due_ids(store, kNow, 1) == "d");
}
