#include "auth/core/audit.h"

#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

std::string problem(Instance& t) {
  const auto verdict = auth::verify_audit(t.services, [](uint64_t, uint64_t) {});
  REQUIRE(verdict);
  return verdict->problem;
}

void change(Instance& t, const std::function<void(store::WriteTxn&)>& work) {
  REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
    work(tx);
    return {};
  }));
}

std::vector<std::string> actions(Instance& t, const auth::AuditFilter& filter = {}) {
  const auto entries = auth::list_audit(t.services, filter);
  REQUIRE(entries);
  std::vector<std::string> names;
  for (const tables::AuditEntry& entry : *entries)
    names.push_back(entry.action + ":" + entry.outcome);
  return names;
}

}  // namespace

TEST_CASE("what happened is written down: who, what, on whom, from where, when") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::Origin origin = from("192.0.2.1");
  origin.request_id = "req-1";
  CHECK_FALSE(try_login(t, "ann", origin, "wrong password"));
  CHECK(try_login(t, "ann", origin));
  CHECK(actions(t) == std::vector<std::string>{"login:ok", "login:refused", "account_created:ok"});
  auth::AuditFilter filter;
  filter.action = "login";
  filter.limit = 1;
  const auto entries = auth::list_audit(t.services, filter);
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  const tables::AuditEntry& entry = entries->front();
  CHECK(entry.subject == ann.id);
  CHECK(entry.address == "192.0.2.1");
  CHECK(entry.request_id == "req-1");
  CHECK(entry.at == t.clock.now());
  filter.before = entry.number;
  CHECK(actions(t, filter) == std::vector<std::string>{"login:refused"});
}

TEST_CASE("an entry that was altered or removed is found") {
  Instance t;
  CHECK(problem(t).empty());
  for (const char* name : {"ann", "bob", "eve", "joe"})
    add_user(t, name);
  CHECK(problem(t).empty());
  const std::string second = tables::big_endian(2);
  SECTION("altered") {
    change(t, [&](store::WriteTxn& tx) {
      tables::AuditEntry entry = *tables::audit_entries.find(tx, second);
      entry.subject = UserId{7};
      tables::audit_entries.put(tx, second, entry);
    });
    CHECK(problem(t) == "entry 2 was altered");
  }
  SECTION("removed from the middle") {
    change(t, [&](store::WriteTxn& tx) { tables::audit_entries.del(tx, second); });
    CHECK(problem(t) == "entry 2 is missing");
  }
  SECTION("the newest removed, and the head set back") {
    change(t, [&](store::WriteTxn& tx) {
      tables::AuditHead head = *tables::audit_heads.find(tx, "current");
      tables::audit_entries.del(tx, tables::big_endian(head.last));
      head.last -= 1;
      head.last_mac = tables::audit_entries.find(tx, tables::big_endian(head.last))->mac;
      tables::audit_heads.put(tx, "current", head);
    });
    CHECK(problem(t) == "the head of the log was altered or is missing");
  }
  SECTION("everything removed but the rows themselves") {
    change(t, [&](store::WriteTxn& tx) { tables::audit_heads.del(tx, "current"); });
    CHECK(problem(t) == "the head of the log was altered or is missing");
  }
}

TEST_CASE("what is older than the retention goes, and the rest is still whole") {
  Instance t;
  for (int i = 0; i < 100; ++i)
    REQUIRE(auth::audit_alone(t.services, {}, {"old", UserId{1}}));
  t.clock.advance(300 * 24h);
  for (int i = 0; i < 3; ++i)
    REQUIRE(auth::audit_alone(t.services, {}, {"new", UserId{1}}));
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 0);
  t.clock.advance(70 * 24h);
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == tables::kWriteBudget - 1);
  CHECK(problem(t).empty());
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 101 - tables::kWriteBudget);
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 0);
  CHECK(problem(t).empty());
  CHECK(actions(t) == std::vector<std::string>{"new:ok", "new:ok", "new:ok"});
}
