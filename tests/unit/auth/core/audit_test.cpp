#include "auth/core/audit/audit.h"

#include "auth/accounts/profile/account_view.h"
#include "auth/signin/passwordless.h"
#include "auth/signin/recovery.h"
#include "support/audit_log.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> actions(Instance& t, const auth::AuditFilter& filter = {}) {
  const auto entries = auth::list_audit(t.services, filter);
  REQUIRE(entries);
  std::vector<std::string> names;
  for (const tables::AuditEntry& entry : *entries)
    names.push_back(entry.action + ":" + entry.outcome);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what happened is written down: who, what, on whom, from where, when") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  auth::Origin origin = from("192.0.2.1");
  origin.request_id = "req-1";
  CHECK_FALSE(try_login(t, "ann", origin, "wrong password"));
  CHECK(try_login(t, "ann", origin));
  CHECK(actions(t) == Names{"login:ok", "login:refused", "account_created:ok"});
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
  CHECK(actions(t, filter) == Names{"login:refused"});
}

TEST_CASE("an entry keeps the names of its time: the log says who it was after a deletion") {
  Instance t;
  const tables::User ann = add_user(t, "Ann");
  const tables::User root = add_user(t, "root");
  CHECK(try_login(t, "ann"));
  auth::Origin by_root;
  by_root.actor = root.id;
  auth::ProfileChange change;
  change.username = "anna";
  REQUIRE(auth::change_profile(t.services, ann.id, change, by_root));
  REQUIRE(auth::delete_account(t.services, ann.id, by_root));
  const auto entries = auth::list_audit(t.services, {}).value();
  const auto named = [&](const char* action) {
    for (const tables::AuditEntry& entry : entries) {
      if (entry.action == action) return entry.actor_name + " > " + entry.subject_name;
    }
    return std::string("no entry");
  };
  CHECK(named("account_deleted") == "root > anna");
  CHECK(named("profile_changed") == "root > anna");
  // Who logs in does it himself.
  CHECK(named("login") == "Ann > Ann");
  CHECK(named("signup") == "no entry");
  CHECK(audit_problem(t).empty());

  const auto told_of = [&](std::string_view text) {
    const auth::Audited whom = auth::find_audited(t.services, text).value();
    auth::AuditFilter filter;
    filter.user = whom.id;
    filter.name = whom.name;
    return actions(t, filter);
  };
  CHECK(told_of("ANNA") == Names{"account_deleted:ok", "profile_changed:ok"});
  CHECK(told_of("ann") == Names{"login:ok", "account_created:ok"});
  CHECK(told_of("id:" + std::to_string(ann.id.value)).size() == 4);
  CHECK(told_of("name:1").empty());
  CHECK(told_of("nobody").empty());
  CHECK(told_of("root").size() == 3);
  CHECK_FALSE(auth::find_audited(t.services, "id:x"));
  CHECK_FALSE(auth::find_audited(t.services, ""));
}

TEST_CASE("entries of several writers are one list by time, page by page") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  for (int i = 0; i < 4; ++i) {
    add_entry(t.services, "s" + std::to_string(i));
    t.clock.advance(1ms);
    add_entry(cli, "c" + std::to_string(i));
    t.clock.advance(1ms);
  }
  REQUIRE(auth::write_checkpoint(cli, t.clock.now(), 0ms).value());
  CHECK(actions(t) ==
        Names{"c3:ok", "s3:ok", "c2:ok", "s2:ok", "c1:ok", "s1:ok", "c0:ok", "s0:ok"});
  auth::AuditFilter filter;
  filter.limit = 3;
  Names seen;
  for (int page = 0; page < 3; ++page) {
    const auto entries = auth::list_audit(t.services, filter).value();
    for (const tables::AuditEntry& entry : entries)
      seen.push_back(entry.action);
    filter.before = entries.back().number;
    // What is written meanwhile does not move a page.
    add_entry(t.services, "later");
  }
  CHECK(seen == Names{"c3", "s3", "c2", "s2", "c1", "s1", "c0", "s0"});
  CHECK(audit_problem(t).empty());
}

TEST_CASE("numbers rise also when the clock is set back, and no two writers share one") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  add_entry(t.services, "before");
  t.clock.advance(-1h);
  add_entry(t.services, "after");
  add_entry(cli, "beside");
  add_entry(t.services, "behind");
  const auto rows = audit_rows(t);
  REQUIRE(rows.size() == 4);
  for (size_t i = 1; i < rows.size(); ++i)
    CHECK(rows[i - 1].number < rows[i].number);
  CHECK(rows.back().number < uint64_t{1} << 53);
  CHECK(audit_problem(t).empty());
}

TEST_CASE("entries about nobody can be read") {
  Instance t;
  REQUIRE(auth::send_login_code(t.services, "nobody@example.org", from("192.0.2.1")));
  REQUIRE(auth::send_magic_link(t.services, "nobody@example.org", from("192.0.2.1")));
  REQUIRE(auth::forgot_password(t.services, "nobody@example.org", from("192.0.2.1")));
  CHECK_FALSE(try_login(t, "nobody"));
  const auto entries = auth::list_audit(t.services, {});
  REQUIRE(entries);
  CHECK(entries->size() == 4);
  for (const tables::AuditEntry& entry : *entries)
    CHECK_FALSE(entry.subject);
  CHECK(audit_problem(t).empty());
}

TEST_CASE("a page of the log is looked through to its end") {
  Instance t;
  for (int i = 0; i < 5; ++i)
    add_entry(t.services, "e" + std::to_string(i));
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    Names seen;
    const auto take = [&](const tables::AuditEntry& entry) {
      seen.push_back(entry.action);
      return entry.action != "e1";
    };
    uint64_t next = auth::look_back(tx, 0, 2, take);
    CHECK(seen == Names{"e4", "e3"});
    next = auth::look_back(tx, next, 10, take);
    CHECK(seen == Names{"e4", "e3", "e2", "e1"});
    CHECK(next != 0);
    CHECK(auth::look_back(tx, next, 1, take) == 0);
    CHECK(seen.back() == "e0");
    CHECK(auth::look_back(tx, 1, 10, take) == 0);
    return {};
  }));
}

TEST_CASE("what is older than the retention goes, and the rest is still whole") {
  Instance t;
  for (int i = 0; i < 100; ++i)
    add_entry(t.services, "old");
  t.clock.advance(300 * 24h);
  for (int i = 0; i < 3; ++i)
    add_entry(t.services, "new");
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 0);
  t.clock.advance(70 * 24h);
  // 60 writes, less ten heads and the list.
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 49);
  CHECK(audit_problem(t).empty());
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 49);
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 2);
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 0);
  CHECK(audit_problem(t).empty());
  CHECK(actions(t) == Names{"new:ok", "new:ok", "new:ok"});
}

TEST_CASE(
    "a writer that is gone leaves no row behind when its entries are old, and may come back") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  add_entry(cli, "old");
  add_entry(t.services, "old");
  t.clock.advance(200 * 24h);
  REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
  t.clock.advance(200 * 24h);
  CHECK(*auth::prune_audit(t.services, t.clock.now()) == 2);
  CHECK(chain_list(t).names == Names{"server"});
  CHECK(head_of(t, "cli").last == 0);
  CHECK(audit_problem(t).empty());
  // The checkpoint of the day between still names the entry that is gone, and the new chain must
  // not be taken for the old one.
  add_entry(cli, "new");
  CHECK(audit_problem(t).empty());
  CHECK(actions(t) == Names{"new:ok"});
}

TEST_CASE("nothing is pruned from a log that was altered there") {
  Instance t;
  for (const char* action : {"first", "second", "third"})
    add_entry(t.services, action);
  t.clock.advance(300 * 24h);
  add_entry(t.services, "fourth");
  const auto rows = audit_rows(t);
  SECTION("an entry that is too young is made older") {
    change_rows(t, [&](store::WriteTxn& tx) {
      for (tables::AuditEntry row : rows) {
        row.at -= 400 * 24h;
        put_entry(tx, row.number, row);
      }
    });
  }
  SECTION("the beginning is removed") {
    t.clock.advance(100 * 24h);
    change_rows(t, [&](store::WriteTxn& tx) { remove_entry(tx, rows[0].number); });
  }
  SECTION("the head is moved") {
    t.clock.advance(100 * 24h);
    change_rows(t, [&](store::WriteTxn& tx) {
      tables::AuditHead head = *tables::audit_heads.find(tx, auth::audit_head_key("server"));
      head.first += 1;
      head.base_mac = rows[0].mac;
      tables::audit_heads.put(tx, auth::audit_head_key("server"), head);
      remove_entry(tx, rows[0].number);
    });
  }
  const size_t before = audit_rows(t).size();
  const auto pruned = auth::prune_audit(t.services, t.clock.now());
  REQUIRE_FALSE(pruned);
  CHECK(pruned.error().code == ErrorCode::invalid);
  CHECK(audit_rows(t).size() == before);
}

TEST_CASE("a checkpoint is written when there is something to tie, and not too often") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  const auto checkpoint = [&](const auth::Services& s, Milliseconds pace) {
    return auth::write_checkpoint(s, t.clock.now(), pace).value();
  };
  CHECK_FALSE(checkpoint(t.services, 0ms));
  add_entry(cli, "one");
  CHECK(checkpoint(t.services, 10min));
  CHECK_FALSE(checkpoint(t.services, 0ms));
  add_entry(cli, "two");
  CHECK_FALSE(checkpoint(t.services, 10min));
  t.clock.advance(10min);
  CHECK(checkpoint(t.services, 10min));
  t.clock.advance(10min);
  CHECK_FALSE(checkpoint(t.services, 10min));
  add_entry(t.services, "three");
  CHECK(checkpoint(t.services, 0ms));
  CHECK(checkpoint(cli, 10min));
  // Two writers do not answer each other's checkpoints for ever.
  CHECK_FALSE(checkpoint(t.services, 0ms));
  CHECK_FALSE(checkpoint(cli, 0ms));
  const auto verdict = auth::verify_audit(t.services, [](uint64_t, uint64_t) {}).value();
  CHECK(verdict.problem.empty());
  CHECK(verdict.checkpoints == 4);
  CHECK(verdict.checkpoint == audit_rows(t).back().number);
  CHECK(actions(t) == Names{"three:ok", "two:ok", "one:ok"});
}

TEST_CASE("an entry of a write that was refused leaves no trace") {
  Instance t;
  add_entry(t.services, "kept");
  const auto refused = t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    auth::audit(t.services, tx, {}, {"undone", UserId{1}}, t.clock.now());
    return Error{ErrorCode::conflict, "refused"};
  });
  CHECK_FALSE(refused);
  add_entry(t.services, "next");
  CHECK(actions(t) == Names{"next:ok", "kept:ok"});
  CHECK(audit_problem(t).empty());
}
