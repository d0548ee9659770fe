// What somebody who has the file and not the key can do to the audit log, and what is found of it.
#include "auth/upkeep/audit_verify.h"

#include "support/audit_log.h"
#include "support/golden.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

// Two writers, four entries each in turns.
struct TwoWriters {
  TwoWriters() {
    for (int i = 0; i < 4; ++i) {
      add_entry(t.services, "s" + std::to_string(i));
      t.clock.advance(1ms);
      add_entry(cli, "c" + std::to_string(i));
      t.clock.advance(1ms);
    }
    rows = audit_rows(t);
    REQUIRE(audit_problem(t).empty());
  }

  std::string text(size_t row) const { return "entry " + std::to_string(rows[row].number); }
  void checkpoint(const auth::Services& s) {
    REQUIRE(auth::write_checkpoint(s, t.clock.now(), 0ms).value());
    REQUIRE(audit_problem(t).empty());
  }

  Instance t;
  auth::Services cli = as_writer(t, auth::kCommandWriter);
  std::vector<tables::AuditEntry> rows;
};

void put_head_row(Instance& t, const tables::AuditHead& head) {
  change_rows(t, [&](store::WriteTxn& tx) {
    tables::audit_heads.put(tx, auth::audit_head_key(head.chain), head);
  });
}

void put_list(Instance& t, const tables::AuditChains& list) {
  change_rows(t,
              [&](store::WriteTxn& tx) { tables::audit_chains.put(tx, auth::kChainsKey, list); });
}

}  // namespace

TEST_CASE("what was checked is said: chains, entries, and from where to where") {
  TwoWriters log;
  log.checkpoint(log.t.services);
  const auto verdict = auth::verify_audit(log.t.services, [](uint64_t, uint64_t) {}).value();
  CHECK(verdict.checked == 9);
  REQUIRE(verdict.chains.size() == 2);
  CHECK(verdict.chains[0].chain == "cli");
  CHECK(verdict.chains[0].entries == 4);
  CHECK(verdict.chains[0].first == log.rows[1].number);
  CHECK(verdict.chains[0].last == log.rows[7].number);
  CHECK(verdict.chains[1].entries == 5);
  CHECK(verdict.chains[1].first_at == log.rows[0].at);
  CHECK(verdict.checkpoints == 1);
}

TEST_CASE("an entry that was altered, removed, inserted or moved is found") {
  TwoWriters log;
  Instance& t = log.t;
  const auto& rows = log.rows;
  SECTION("altered") {
    for (size_t i = 0; i < rows.size(); ++i) {
      tables::AuditEntry entry = rows[i];
      entry.subject = UserId{7};
      change_rows(t, [&](store::WriteTxn& tx) { put_entry(tx, entry.number, entry); });
      CHECK(audit_problem(t) == log.text(i) + " was altered");
      change_rows(t, [&](store::WriteTxn& tx) { put_entry(tx, entry.number, rows[i]); });
    }
  }
  SECTION("removed from the beginning or the middle") {
    for (size_t i = 0; i + 2 < rows.size(); ++i) {
      change_rows(t, [&](store::WriteTxn& tx) { remove_entry(tx, rows[i].number); });
      CHECK(audit_problem(t) == "before " + log.text(i + 2) + ", 1 entry of chain \"" +
                                    rows[i].chain + "\" is missing");
      change_rows(t, [&](store::WriteTxn& tx) { put_entry(tx, rows[i].number, rows[i]); });
    }
  }
  SECTION("removed from the end") {
    change_rows(t, [&](store::WriteTxn& tx) { remove_entry(tx, rows[7].number); });
    CHECK(audit_problem(t) == "the last 1 entries of chain \"cli\" are missing");
  }
  SECTION("moved to another number") {
    change_rows(t, [&](store::WriteTxn& tx) {
      remove_entry(tx, rows[2].number);
      put_entry(tx, rows[2].number + 1, rows[2]);
    });
    CHECK(audit_problem(t) == "entry " + std::to_string(rows[2].number + 1) + " was altered");
  }
  SECTION("two that changed places") {
    tables::AuditEntry a = rows[2];
    tables::AuditEntry b = rows[4];
    std::swap(a.number, b.number);
    std::swap(a.sequence, b.sequence);
    change_rows(t, [&](store::WriteTxn& tx) {
      put_entry(tx, a.number, a);
      put_entry(tx, b.number, b);
    });
    CHECK(audit_problem(t) == log.text(2) + " was altered");
  }
  SECTION("inserted behind the end, with a place in the middle, and for another writer") {
    tables::AuditEntry entry = rows[6];
    entry.number = rows[7].number + 9;
    entry.sequence += 1;
    for (const auto& [sequence, chain, problem] :
         {std::tuple(entry.sequence, "server", " is not between the ends of chain \"server\""),
          std::tuple(rows[2].sequence, "server", " was inserted"),
          std::tuple(entry.sequence, "nobody",
                     " belongs to no chain: it was inserted, or the head of chain \"nobody\" is "
                     "missing")}) {
      entry.sequence = sequence;
      entry.chain = chain;
      change_rows(t, [&](store::WriteTxn& tx) { put_entry(tx, entry.number, entry); });
      CHECK(audit_problem(t) == "entry " + std::to_string(entry.number) + problem);
    }
  }
}

TEST_CASE("a head that was altered, or put away, is found") {
  TwoWriters log;
  Instance& t = log.t;
  tables::AuditHead head = head_of(t, "server");
  SECTION("set back") {
    remove_tail(t, "server", log.rows[4].sequence);
    head.last = log.rows[4].sequence;
    head.last_mac = log.rows[4].mac;
    head.number = log.rows[4].number;
    put_head_row(t, head);
    CHECK(audit_problem(t) == "the head of chain \"server\" was altered");
    // Writing on signs nothing that was not signed before.
    add_entry(t.services, "more");
    CHECK(audit_problem(t).find("not between the ends of chain \"server\"") != std::string::npos);
    remove_tail(t, "server", 0);
    CHECK_FALSE(audit_problem(t).empty());
  }
  SECTION("the head of another chain") {
    head.chain = "cli";
    put_head_row(t, head);
    CHECK(audit_problem(t) == "the head of chain \"cli\" was altered");
  }
  SECTION("removed") {
    change_rows(
        t, [&](store::WriteTxn& tx) { tables::audit_heads.del(tx, auth::audit_head_key("cli")); });
    CHECK(audit_problem(t) == "the head of chain \"cli\" is missing");
  }
  SECTION("all heads and the list removed") {
    remove_chain(t, "cli");
    change_rows(t, [&](store::WriteTxn& tx) {
      tables::audit_heads.del(tx, auth::audit_head_key("server"));
      tables::audit_chains.del(tx, auth::kChainsKey);
    });
    CHECK(audit_problem(t) ==
          log.text(0) +
              " belongs to no chain: it was inserted, or the head of chain \"server\" is missing");
  }
}

TEST_CASE("a chain that was removed as a whole is found") {
  TwoWriters log;
  Instance& t = log.t;
  const tables::AuditChains list = chain_list(t);
  CHECK(list.names == std::vector<std::string>{"server", "cli"});
  SECTION("with its head") {
    remove_chain(t, "cli");
    CHECK(audit_problem(t) == "the head of chain \"cli\" is missing");
    SECTION("and its writer writes on") {
      add_entry(log.cli, "more");
      CHECK(audit_problem(t).find("the entries of chain \"cli\" before entry") == 0);
      auth::AuditFilter filter;
      filter.action = "audit_log_damaged";
      CHECK(auth::list_audit(t.services, filter)->size() == 1);
    }
  }
  SECTION("and taken off the list") {
    remove_chain(t, "cli");
    tables::AuditChains shorter = list;
    shorter.names.pop_back();
    put_list(t, shorter);
    CHECK(audit_problem(t) == "the list of chains was altered");
  }
  SECTION("together with the list") {
    change_rows(t, [&](store::WriteTxn& tx) { tables::audit_chains.del(tx, auth::kChainsKey); });
    CHECK(audit_problem(t).find("is not in the list of chains") != std::string::npos);
  }
}

// Rows that were signed once can be put back by somebody who kept them. A checkpoint in another
// chain, or behind what is put back, tells.
TEST_CASE("what a checkpoint names cannot be taken back to an older state") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  add_entry(t.services, "first");
  const tables::AuditChains old_list = chain_list(t);
  add_entry(cli, "second");
  const tables::AuditHead old_head = head_of(t, "cli");
  add_entry(cli, "third");
  const auto take_back = [&] {
    remove_tail(t, "cli", old_head.last);
    put_head_row(t, old_head);
  };
  SECTION("the tail, before a checkpoint: what is not found") {
    take_back();
    CHECK(audit_problem(t).empty());
  }
  SECTION("the tail, after one") {
    REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
    take_back();
    CHECK(audit_problem(t).find("of chain \"cli\" is missing or was altered; the checkpoint") !=
          std::string::npos);
  }
  SECTION("the whole chain, with the list from before it") {
    REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
    remove_chain(t, "cli");
    put_list(t, old_list);
    CHECK(audit_problem(t).find("of chain \"cli\" is missing or was altered; the checkpoint") !=
          std::string::npos);
  }
  SECTION("a checkpoint is an entry like others") {
    REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
    tables::AuditEntry checkpoint = audit_rows(t).back();
    add_entry(t.services, "behind");
    change_rows(t, [&](store::WriteTxn& tx) { remove_entry(tx, checkpoint.number); });
    CHECK(audit_problem(t).find("1 entry of chain \"server\" is missing") != std::string::npos);
    checkpoint.heads.pop_back();
    change_rows(t, [&](store::WriteTxn& tx) { put_entry(tx, checkpoint.number, checkpoint); });
    CHECK(audit_problem(t) == "entry " + std::to_string(checkpoint.number) + " was altered");
  }
}

TEST_CASE("an entry that was pruned and is put back is found") {
  TwoWriters log;
  log.t.clock.advance(400 * 24h);
  CHECK(*auth::prune_audit(log.t.services, log.t.clock.now()) == 8);
  add_entry(log.t.services, "new");
  REQUIRE(audit_problem(log.t).empty());
  change_rows(log.t, [&](store::WriteTxn& tx) { put_entry(tx, log.rows[0].number, log.rows[0]); });
  CHECK(audit_problem(log.t) == log.text(0) + " is not between the ends of chain \"server\"");
}

TEST_CASE("others write while the log is checked") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  for (int i = 0; i < 2500; ++i)
    add_entry(t.services, "old");
  t.clock.advance(366 * 24h);
  add_entry(t.services, "new");
  int pages = 0;
  const auto verdict = auth::verify_audit(t.services, [&](uint64_t, uint64_t) {
    pages += 1;
    add_entry(t.services, "meanwhile");
    add_entry(cli, "from a new writer");
    REQUIRE(auth::prune_audit(t.services, t.clock.now()));
  });
  REQUIRE(verdict);
  CHECK(verdict->problem.empty());
  CHECK(pages == 3);
}

// The one chain of schema 1 is the first one, and nothing is added to it.
TEST_CASE("the log of schema 1 is checked as it was, and goes on in new chains") {
  Instance t(Instance::default_config(),
             [](store::Store& store) { load_golden(store, golden_directory() / "schema-1.txt"); });
  const auto old = audit_rows(t);
  REQUIRE(old.size() == 3);
  REQUIRE(audit_problem(t).empty());
  SECTION("as it is") {
    change_rows(t, [&](store::WriteTxn& tx) {
      tables::AuditEntry entry = old[1];
      entry.outcome = "refused";
      put_entry(tx, 2, entry);
    });
    CHECK(audit_problem(t) == "entry 2 was altered");
  }
  SECTION("with its head removed") {
    change_rows(t, [&](store::WriteTxn& tx) { tables::audit_heads.del(tx, "current"); });
    CHECK(audit_problem(t).find("entry 1 belongs to no chain") == 0);
  }
  SECTION("beside a new one") {
    add_entry(t.services, "new");
    CHECK(audit_problem(t).empty());
    CHECK(chain_list(t).names == std::vector<std::string>{"", "server"});
    CHECK(auth::list_audit(t.services, {})->front().action == "new");
    CHECK(auth::list_audit(t.services, {})->size() == 4);
    SECTION("removed as a whole") {
      remove_chain(t, "");
      CHECK(audit_problem(t) == "the head of the chain of schema 1 is missing");
    }
    SECTION("cut at its end") {
      change_rows(t, [&](store::WriteTxn& tx) { remove_entry(tx, 3); });
      CHECK(audit_problem(t) == "the last 1 entries of the chain of schema 1 are missing");
    }
    SECTION("after the retention") {
      REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
      t.clock.advance(400 * 24h);
      add_entry(t.services, "newer");
      CHECK(*auth::prune_audit(t.services, t.clock.now()) == 5);
      CHECK(chain_list(t).names == std::vector<std::string>{"server"});
      CHECK(audit_problem(t).empty());
    }
  }
}
