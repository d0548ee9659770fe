#include "auth/sessions/all_sessions.h"

#include <catch2/catch.hpp>
#include <set>

#include "auth/sessions/sessions.h"
#include "auth/sessions/token_issue.h"
#include "support/people.h"

using namespace authd;
using namespace std::chrono_literals;

namespace {

auth::Origin browser_at(const char* address) {
  auth::Origin origin = test::from(address);
  origin.wants_cookie = true;
  return origin;
}

// The names of the people whose sessions are on the pages, page after page.
std::multiset<std::string> names(test::Instance& t, auth::SessionFilter filter = {}) {
  std::multiset<std::string> found;
  while (true) {
    const auto page = auth::list_all_sessions(t.services, filter, t.clock.now());
    REQUIRE(page);
    CHECK(page->sessions.size() <= filter.limit);
    for (const auth::LiveSession& live : page->sessions)
      found.insert(live.user.username);
    if (page->next.empty()) return found;
    CHECK(page->sessions.size() == filter.limit);
    filter.after = page->next;
  }
}

using Names = std::multiset<std::string>;

}  // namespace

TEST_CASE("the sessions of everybody come page by page, each once") {
  test::Instance t;
  for (const char* name : {"ann", "ben", "cleo"}) {
    test::add_user(t, name);
    REQUIRE(test::try_login(t, name));
    REQUIRE(test::try_login(t, name, browser_at("192.0.2.7")));
  }
  const Names all{"ann", "ann", "ben", "ben", "cleo", "cleo"};
  for (const size_t limit : {1, 2, 4, 6, 100}) {
    INFO(limit);
    auth::SessionFilter filter;
    filter.limit = limit;
    CHECK(names(t, filter) == all);
  }
}

TEST_CASE("the sessions of everybody are found by kind, network and last use") {
  test::Instance t;
  for (const char* name : {"ann", "ben", "cleo"})
    test::add_user(t, name);
  REQUIRE(test::try_login(t, "ann", test::from("192.0.2.7")));
  REQUIRE(test::try_login(t, "ben", browser_at("198.51.100.9")));
  t.clock.advance(2h);
  REQUIRE(test::try_login(t, "cleo", test::from("2001:db8::7")));

  auth::SessionFilter filter;
  filter.kind = tables::SessionKind::browser;
  CHECK(names(t, filter) == Names{"ben"});
  filter.kind = tables::SessionKind::tokens;
  CHECK(names(t, filter) == Names{"ann", "cleo"});
  filter.kind = tables::SessionKind::issued;
  CHECK(names(t, filter).empty());

  auth::SessionFilter of_network;
  of_network.network = Network::parse("192.0.2.0/24");
  REQUIRE(of_network.network);
  CHECK(names(t, of_network) == Names{"ann"});
  of_network.network = Network::parse("2001:db8::/32");
  CHECK(names(t, of_network) == Names{"cleo"});

  auth::SessionFilter of_late;
  of_late.used_since = t.clock.now() - 1h;
  CHECK(names(t, of_late) == Names{"cleo"});
}

TEST_CASE("sessions that are over are not among those of everybody") {
  test::Instance t;
  const tables::User ann = test::add_user(t, "ann");
  test::add_user(t, "ben");
  REQUIRE(test::try_login(t, "ann"));
  REQUIRE(test::try_login(t, "ben"));
  REQUIRE(auth::end_all_sessions(t.services, ann.id, {}));
  CHECK(names(t) == Names{"ben"});
  t.clock.advance(365 * 24h);
  CHECK(names(t).empty());
}
