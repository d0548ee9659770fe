#include "auth/accounts/people/all_api_keys.h"

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/roles/role_grants.h"
#include "auth/sessions/roles.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

tables::ApiKey add_key(Instance& t, UserId user, const std::string& name,
                       Milliseconds life = auth::kApiKeyLife) {
  auto made = auth::add_api_key(t.services, user, {}, {name, {"verify"}, life}, {});
  REQUIRE(made);
  return std::move(made->key);
}

void use(Instance& t, const tables::ApiKey& key) {
  const Time now = t.clock.now();
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    const std::string row = auth::api_key_row(key.user, key.number);
    tables::ApiKey used = *tables::api_keys.find(tx, row);
    used.last_used = now;
    tables::api_keys.put(tx, row, used);
    return {};
  }));
}

auth::ApiKeyPage page_of(Instance& t, std::string_view search, std::string_view sort = "",
                         std::string_view cursor = "", size_t limit = 50) {
  const auto query = auth::parse_api_key_query(search, sort, cursor);
  REQUIRE(query);
  auto page = auth::find_api_keys(t.services, *query, limit);
  REQUIRE(page);
  return std::move(*page);
}

std::vector<std::string> names_of(const auth::ApiKeyPage& page) {
  std::vector<std::string> names;
  for (const auth::OwnedApiKey& one : page.keys)
    names.push_back(one.key.name);
  return names;
}

// Page by page.
std::vector<std::string> all_names(Instance& t, std::string_view sort, size_t limit) {
  std::vector<std::string> names;
  std::string cursor;
  do {
    const auth::ApiKeyPage page = page_of(t, "", sort, cursor, limit);
    CHECK(page.keys.size() <= limit);
    for (const std::string& name : names_of(page))
      names.push_back(name);
    cursor = page.next;
  } while (!cursor.empty());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the keys of everybody come page by page, each once") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User ben = add_user(t, "ben");
  const tables::ApiKey b1 = add_key(t, ben.id, "b1");
  const tables::ApiKey a1 = add_key(t, ann.id, "a1");
  const tables::ApiKey a2 = add_key(t, ann.id, "a2");
  t.clock.advance(1h);
  use(t, a1);
  t.clock.advance(1h);
  use(t, b1);
  for (const size_t limit : {1, 2, 3, 50}) {
    CAPTURE(limit);
    CHECK(all_names(t, "", limit) == Names{"a1", "a2", "b1"});
    CHECK(all_names(t, "last_used", limit) == Names{"a2", "a1", "b1"});
    CHECK(all_names(t, "-last_used", limit) == Names{"b1", "a1", "a2"});
  }
  CHECK(page_of(t, "", "", "", 3).next.empty());
  CHECK(page_of(t, "", "last_used", "", 3).next.empty());
}

TEST_CASE("a page goes on behind a key that was revoked meanwhile") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::ApiKey first = add_key(t, ann.id, "first");
  add_key(t, ann.id, "second");
  for (const char* sort : {"owner", "last_used"}) {
    const std::string next = page_of(t, "", sort, "", 1).next;
    REQUIRE_FALSE(next.empty());
    if (std::string_view(sort) == "last_used")
      REQUIRE(auth::revoke_api_key(t.services, ann.id, first.number, {}));
    CHECK(names_of(page_of(t, "", sort, next, 1)) == Names{"second"});
  }
}

TEST_CASE("keys are found by words of their name and of the owner's names") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User ben = add_user(t, "ben");
  add_key(t, ann.id, "Nightly Report");
  add_key(t, ben.id, "backup");
  CHECK(names_of(page_of(t, "report ANN")) == Names{"Nightly Report"});
  CHECK(names_of(page_of(t, "ben", "-last_used")) == Names{"backup"});
  CHECK(page_of(t, "report ben").keys.empty());
  CHECK(page_of(t, "100%").keys.empty());
}

TEST_CASE("what has ended is not listed, and what a disabled owner has is") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User ben = add_user(t, "ben");
  add_key(t, ann.id, "short", 1min);
  add_key(t, ann.id, "long");
  add_key(t, ben.id, "void");
  REQUIRE(auth::revoke_api_keys(t.services, ben.id, {}));
  REQUIRE(auth::set_disabled(t.services, ann.id, true, {}));
  t.clock.advance(1h);
  for (const char* sort : {"owner", "last_used"}) {
    const auth::ApiKeyPage page = page_of(t, "", sort);
    CHECK(names_of(page) == Names{"long"});
    CHECK(page.keys.front().owner.disabled);
  }
  REQUIRE(auth::delete_account(t.services, ann.id, {}));
  CHECK(page_of(t, "").keys.empty());
}

TEST_CASE("a key shows the roles that it has, not those that its owner got later") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  add_key(t, ann.id, "before");
  REQUIRE(auth::add_role(t.services, "editor", "", {}, {}));
  REQUIRE(auth::grant_role(t.services, ann.id, "editor", {}));
  add_key(t, ann.id, "after");
  const auth::ApiKeyPage page = page_of(t, "");
  REQUIRE(names_of(page) == Names{"before", "after"});
  CHECK(page.keys[0].roles == Names{"user"});
  CHECK(page.keys[1].roles.size() == 2);
}

TEST_CASE("a question about keys that makes no sense is refused, with the field") {
  Instance t;
  const auto field_of = [](const auto& result) {
    return result ? std::string("fine") : result.error().field;
  };
  CHECK(field_of(auth::parse_api_key_query("", "name", "")) == "sort");
  CHECK(field_of(auth::parse_api_key_query("", "-owner", "")) == "sort");
  CHECK(field_of(auth::parse_api_key_query(std::string(201, 'x'), "", "")) == "search");
  CHECK(field_of(auth::parse_api_key_query("\xff", "", "")) == "search");
  const tables::User ann = add_user(t, "ann");
  add_key(t, ann.id, "1");
  add_key(t, ann.id, "2");
  const std::string next = page_of(t, "", "last_used", "", 1).next;
  for (const auto& [sort, cursor] : {std::pair<std::string, std::string>{"", "x"},
                                     {"", "1"},
                                     {"", next},
                                     {"-last_used", next},
                                     {"last_used", next + "AAAA"}}) {
    const auto query = auth::parse_api_key_query("", sort, cursor);
    REQUIRE(query);
    CHECK(field_of(auth::find_api_keys(t.services, *query, 1)) == "cursor");
  }
}
