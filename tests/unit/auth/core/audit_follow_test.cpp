#include "auth/core/audit/audit_follow.h"

#include "support/audit_log.h"
#include "support/people.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

// Moves the place.
Names next_of(Instance& t, auth::AuditPlace& place, size_t most = 100) {
  auto found = auth::follow_audit(t.services, place, most);
  REQUIRE(found);
  // As a program keeps it.
  place = auth::parse_audit_place(auth::text_of_place(found->next), "after").value();
  Names names;
  for (const tables::AuditEntry& entry : found->entries)
    names.push_back(entry.action);
  return names;
}

}  // namespace

TEST_CASE("a follower gets what came since, of every writer, in order and once") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  auth::AuditPlace place;
  CHECK(next_of(t, place).empty());
  add_entry(t.services, "s0");
  t.clock.advance(1ms);
  add_entry(cli, "c0");
  CHECK(next_of(t, place) == Names{"s0", "c0"});
  CHECK(next_of(t, place).empty());
  auth::AuditPlace late = auth::end_of_audit(t.services).value();
  t.clock.advance(1ms);
  add_entry(t.services, "s1");
  REQUIRE(auth::write_checkpoint(t.services, t.clock.now(), 0ms).value());
  t.clock.advance(1h);
  add_entry(cli, "c1");
  CHECK(next_of(t, place) == Names{"s1", "c1"});
  CHECK(next_of(t, late) == Names{"s1", "c1"});
  CHECK(next_of(t, late).empty());
}

TEST_CASE("a follower misses nothing of a writer whose clock is behind") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  add_entry(t.services, "s0");
  add_entry(cli, "c0");
  auth::AuditPlace place;
  CHECK(next_of(t, place).size() == 2);
  t.clock.advance(1h);
  add_entry(t.services, "s1");
  CHECK(next_of(t, place) == Names{"s1"});
  t.clock.advance(-59min);
  add_entry(cli, "c1");
  REQUIRE(audit_rows(t).back().action == "s1");
  CHECK(next_of(t, place) == Names{"c1"});
  // A chain that begins later begins behind all others.
  add_entry(as_writer(t, "server/other"), "o0");
  CHECK(next_of(t, place) == Names{"o0"});
  add_entry(as_writer(t, "server/other"), "o1");
  add_entry(cli, "c2");
  const Names both = next_of(t, place);
  CHECK(both.size() == 2);
  CHECK(next_of(t, place).empty());
}

TEST_CASE("a follower gets page after page, also across thousands of rows that it has read") {
  Instance t;
  const auth::Services cli = as_writer(t, auth::kCommandWriter);
  auth::AuditPlace place;
  add_entry(cli, "c0");
  for (int i = 0; i < 2500; ++i)
    add_entry(t.services, "s");
  size_t count = 0;
  for (Names page = next_of(t, place, 70); !page.empty(); page = next_of(t, place, 70)) {
    CHECK(page.size() <= 70);
    count += page.size();
  }
  CHECK(count == 2501);
  // All but the last row were read before; the clock has not moved.
  add_entry(cli, "c1");
  CHECK(next_of(t, place) == Names{"c1"});
}

TEST_CASE("a place that nobody made is refused") {
  Instance t;
  for (const char* text : {"", "x", "AAAA", "====", "AAAAAAAAAHYA", "AAAAAAAAAHYAAAAAAAAAdv9z"}) {
    const auto place = auth::parse_audit_place(text, "after");
    REQUIRE_FALSE(place);
    CHECK(place.error().field == "after");
  }
  // One of another log reads what is there, and nothing twice.
  auth::AuditPlace foreign;
  foreign.chains["server/gone"] = 7;
  add_entry(t.services, "s0");
  CHECK(next_of(t, foreign) == Names{"s0"});
  CHECK(next_of(t, foreign).empty());
}
