#include "auth/accounts/people/people.h"

#include "auth/accounts/roles/role_grants.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/identities.h"
#include "tables/roles.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;

namespace {

using Names = std::vector<std::string>;

// A town with people, each with what the tests look for.
struct Town {
  Town() {
    add("anna", "Anna", "Schmidt", "anna.schmidt@example.org");
    add("ben", "Benoît", "Müller", "ben@firma.example.com");
    add("carla", "Carla María", "O’Brien-Schmidt", "carla@example.org");
    add("dora.k", "", "", "");
    add("", "Éric", "", "e.r+news@other.test");
  }

  tables::User add(const std::string& username, const std::string& first, const std::string& last,
                   const std::string& email) {
    tables::User user;
    user.id = UserId{++last_id};
    user.username = username;
    user.first_name = first;
    user.last_name = last;
    user.email = email;
    user.created_at = Time(std::chrono::hours(1'000 - last_id));
    put(user);
    return user;
  }
  void put(const tables::User& user) {
    REQUIRE(t.services.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, user);
      return {};
    }));
  }
  template <typename Change>
  void change(uint64_t id, Change change) {
    auto view = auth::view_account(t.services, UserId{id});
    REQUIRE(view);
    change(view->user);
    put(view->user);
  }
  Result<auth::PeoplePage> page(const auth::PeopleWords& words, size_t limit = 100) {
    const auto query = auth::parse_people_query(words);
    if (!query) return query.error();
    return auth::find_people(t.services, *query, limit);
  }
  // The ids, as text: "1 3".
  std::string found(const auth::PeopleWords& words) {
    const auto all = page(words);
    if (!all) return all.error().field + ": " + all.error().message;
    CHECK(all->total == all->accounts.size());
    CHECK(all->next.empty());
    std::string ids;
    for (const auth::AccountView& view : all->accounts)
      ids += (ids.empty() ? "" : " ") + std::to_string(view.user.id.value);
    return ids;
  }
  std::string search(const std::string& text) { return found({.search = text}); }

  Instance t;
  uint64_t last_id = 0;
};

std::string role_named(Instance& t, uint64_t id) {
  const auto name = t.services.store.read([&](store::ReadTxn& tx) -> Result<std::string> {
    return tables::find_role(tx, RoleId{id}).value().name;
  });
  REQUIRE(name);
  return *name;
}

}  // namespace

TEST_CASE("people are found by the beginnings of words") {
  Town town;
  CHECK(town.search("schmidt") == "1 3");
  CHECK(town.search("  SCHM ") == "1 3");
  CHECK(town.search("anna schmidt") == "1");
  CHECK(town.search("schmidt anna example") == "1");
  CHECK(town.search("anna.schmidt@example.org") == "1");
  CHECK(town.search("muller") == "2");
  CHECK(town.search("Benoi\u0302t") == "2");
  CHECK(town.search("o'brien") == "3");
  CHECK(town.search("brien") == "3");
  CHECK(town.search("example.org") == "1 3");
  CHECK(town.search("@example") == "1 3");
  CHECK(town.search("example") == "1 2 3");
  CHECK(town.search("firma.ex") == "2");
  CHECK(town.search("k") == "4");
  CHECK(town.search("news") == "5");
  CHECK(town.search("ERIC") == "5");
  // Not in the middle of a word, and not across two parts.
  CHECK(town.search("chmidt").empty());
  CHECK(town.search("annanna").empty());
  CHECK(town.search("xample").empty());
  CHECK(town.search("") == "1 2 3 4 5");
  CHECK(town.search(" \t ") == "1 2 3 4 5");
  CHECK(town.search("\xff\xfe") == "search: \"search\" must be text in UTF-8.");
  CHECK(town.search(std::string("\0", 1)).empty());
}

TEST_CASE("a search follows the people") {
  Town town;
  town.change(1, [](tables::User& user) { user.last_name = "Wang"; });
  CHECK(town.search("wang") == "1");
  CHECK(town.search("anna schmidt") == "1");  // by the email
  town.change(1, [](tables::User& user) { user.email = "x@example.net"; });
  CHECK(town.search("schmidt") == "3");
  REQUIRE(auth::delete_account(town.t.services, UserId{3}, {}));
  CHECK(town.search("schmidt").empty());
  CHECK(town.found({}) == "1 2 4 5");
}

TEST_CASE("people are filtered by what they are") {
  Town town;
  const auto hours = [](int count) { return Time(std::chrono::hours(count)); };
  town.change(1, [](tables::User& user) { user.disabled = user.awaits_email = true; });
  town.change(2, [](tables::User& user) { user.awaits_email = true; });
  town.change(3, [](tables::User& user) { user.email_verified = user.mfa_enabled = true; });
  town.change(4, [&](tables::User& user) { user.last_activity = hours(48); });
  town.change(5, [&](tables::User& user) { user.last_activity = hours(71); });
  CHECK(town.found({.state = "disabled"}) == "1");
  CHECK(town.found({.state = "unconfirmed"}) == "2");
  CHECK(town.found({.state = "active"}) == "3 4 5");
  CHECK(town.found({.verified = "true"}) == "3");
  CHECK(town.found({.verified = "false", .mfa = "false"}) == "1 2 4 5");
  CHECK(town.found({.mfa = "true"}) == "3");
  CHECK(town.found({.active_before = "1970-01-03"}) == "1 2 3");
  CHECK(town.found({.active_after = "1970-01-03"}) == "4 5");
  CHECK(town.found({.active_before = "1970-01-03T23:30:00Z", .active_after = "1970-01-03"}) == "4");
  CHECK(town.found({.search = "example", .state = "active"}) == "3");
}

TEST_CASE("people are filtered by role and by provider") {
  Town town;
  auth::Services& s = town.t.services;
  REQUIRE(auth::grant_role(s, UserId{2}, "admin", {}));
  REQUIRE(auth::grant_role(s, UserId{5}, "admin", {}));
  REQUIRE(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    for (const uint64_t id : {3, 5}) {
      tables::Identity identity;
      identity.provider = "google";
      identity.subject = std::to_string(id);
      identity.user = UserId{id};
      tables::put_identity(tx, identity);
    }
    return {};
  }));
  CHECK(town.found({.role = "admin"}) == "2 5");
  CHECK(town.found({.provider = "google"}) == "3 5");
  CHECK(town.found({.role = "admin", .provider = "google"}) == "5");
  CHECK(town.found({.search = "ben", .role = "admin"}) == "2");
  CHECK(town.found({.role = "admn"})
            .starts_with("role: There is no role with this name. Known: admin"));
  CHECK(town.found({.provider = "googel"}).starts_with("provider: There is no provider"));
}

TEST_CASE("many people with a role are found as few are") {
  Town town;
  // The first roles have a bit in the rows, and later ones have none.
  const uint64_t role = GENERATE(1, 77);
  const std::string name = role == 77 ? "late" : role_named(town.t, role);
  if (role == 77) {
    REQUIRE(town.t.services.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::insert_role(tx, {RoleId{role}, name, {}, {}, {}, {}});
      return {};
    }));
  }
  for (int i = 0; i < 5'000; ++i) {
    const tables::User user = town.add("many" + std::to_string(i), "", "", "");
    if (i % 2 == 0) town.change(user.id.value, [&](tables::User& one) { one.role_ids = {role}; });
  }
  const auto page = town.page({.search = "many", .role = name}, 5'000);
  const auto all = town.page({.search = "many"}, 5'000);
  REQUIRE((page && all));
  CHECK(all->total == 5'000);
  CHECK(page->total == 2'500);
}

TEST_CASE("what a filter cannot be is refused, with what it can be") {
  Town town;
  CHECK(town.found({.state = "on"}) ==
        "state: \"state\" must be one of: active, disabled, unconfirmed.");
  CHECK(town.found({.verified = "yes"}) == "verified: \"verified\" must be one of: true, false.");
  CHECK(town.found({.sort = "age"}) ==
        "sort: \"sort\" must be one of: id, name, created, activity; a leading \"-\" reverses it.");
  CHECK(town.found({.sort = "--id"}).starts_with("sort: "));
  CHECK(town.found({.active_before = "yesterday"}).starts_with("active_before: "));
  CHECK(town.found({.active_after = "2026-13-01"}).starts_with("active_after: "));
  CHECK(town.search("a b c d e f g h i").starts_with("search: "));
  CHECK(town.search(std::string(201, 'a')).starts_with("search: "));
  CHECK(town.found({.cursor = "x"}).starts_with("cursor: "));
}

TEST_CASE("people come in the order that is asked for") {
  Town town;
  town.change(2, [](tables::User& user) { user.last_activity = Time(std::chrono::hours(9)); });
  town.change(4, [](tables::User& user) { user.last_activity = Time(std::chrono::hours(5)); });
  CHECK(town.found({.sort = "name"}) == "4 5 2 3 1");
  CHECK(town.found({.sort = "-name"}) == "1 3 2 5 4");
  CHECK(town.found({.sort = "created"}) == "5 4 3 2 1");
  CHECK(town.found({.sort = "-created"}) == "1 2 3 4 5");
  CHECK(town.found({.sort = "activity"}) == "1 3 5 4 2");
  CHECK(town.found({.sort = "-activity"}) == "2 4 5 3 1");
  CHECK(town.found({.sort = "-id"}) == "5 4 3 2 1");
}

TEST_CASE("pages keep their place while people come, change and go") {
  const std::string sort = GENERATE("id", "-id", "name", "-name", "created", "activity");
  Town town;
  Names seen;
  std::string cursor;
  const auto next = [&] {
    const auto page = town.page({.sort = sort, .cursor = cursor}, 2);
    REQUIRE(page);
    for (const auto& view : page->accounts)
      seen.push_back(std::to_string(view.user.id.value));
    cursor = page->next;
  };
  next();
  REQUIRE(!cursor.empty());
  CHECK(town.page({.sort = "activity" == sort ? "name" : "activity", .cursor = cursor})
            .error()
            .field == "cursor");
  // Whom the page ended with is deleted.
  REQUIRE(auth::delete_account(town.t.services, UserId{std::stoull(seen.back())}, {}));
  while (!cursor.empty())
    next();
  CHECK(seen.size() == 5);
  std::sort(seen.begin(), seen.end());
  CHECK(seen == Names{"1", "2", "3", "4", "5"});
}

TEST_CASE("the first places are those of a sorted list") {
  const bool is_descending = GENERATE(false, true);
  const uint64_t step = GENERATE(1, 7'919, 99'999);  // of 100,000: rising, mixed, falling
  std::vector<auth::PeoplePlace> all;
  auth::FirstPlaces first(51, is_descending, std::nullopt);
  for (uint64_t i = 0, at = 0; i < 100'000; ++i, at = (at + step) % 100'000) {
    auth::PeoplePlace place;
    place.value[0] = at / 3;
    place.id = at;
    all.push_back(place);
    first.add(place);
  }
  std::sort(all.begin(), all.end());
  if (is_descending) std::reverse(all.begin(), all.end());
  all.resize(51);
  CHECK(first.take() == all);
}

TEST_CASE("a cursor is good for its order alone") {
  auth::PeoplePlace place;
  place.value = {1, 2, 3, 4};
  place.id = 77;
  using auth::PeopleOrder;
  const std::string text = auth::cursor_of(place, PeopleOrder::name, true);
  CHECK(auth::parse_cursor(text, PeopleOrder::name, true) == place);
  CHECK_FALSE(auth::parse_cursor(text, PeopleOrder::name, false));
  CHECK_FALSE(auth::parse_cursor(text, PeopleOrder::id, true));
  CHECK_FALSE(auth::parse_cursor(text + "AA", PeopleOrder::name, true));
  CHECK_FALSE(auth::parse_cursor("", PeopleOrder::created, false));
  CHECK(auth::cursor_of(place, PeopleOrder::id, false) == "77");
}
