#include "auth/accounts/people/bulk.h"

#include "auth/accounts/roles/role_grants.h"
#include "auth/core/audit/audit.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using auth::BulkAction;

namespace {

struct Office {
  Office() {
    root = add_user(t, "root").id;
    REQUIRE(auth::grant_role(t.services, root, "admin", {}));
    ann = add_user(t, "ann").id;
    ben = add_user(t, "ben").id;
  }
  // What comes of it: "changed unchanged not_found".
  std::string apply(const auth::BulkChange& change, const std::vector<UserId>& users,
                    const auth::Origin& origin = {}) {
    auth::Bulk bulk(t.services, change, origin);
    std::string text;
    for (const UserId user : users) {
      const Result<bool> result = bulk.apply(user);
      std::string word = result && *result ? "changed" : "unchanged";
      if (!result) word = name_of(result);
      if (word.empty()) word = default_name(result.error().code);
      text += (text.empty() ? "" : " ") + word;
    }
    return text;
  }
  bool is_disabled(UserId id) {
    const auto view = auth::view_account(t.services, id);
    REQUIRE(view);
    return view->user.disabled;
  }
  size_t audited(const char* action) {
    auth::AuditFilter filter;
    filter.action = action;
    const auto found = auth::list_audit(t.services, filter);
    REQUIRE(found);
    return found->size();
  }

  Instance t;
  UserId root;
  UserId ann;
  UserId ben;
};

}  // namespace

TEST_CASE("a change of many changes each, and is audited for each") {
  Office o;
  CHECK(o.apply({BulkAction::disable}, {o.ann, o.ben}) == "changed changed");
  CHECK(o.audited("account_disabled") == 2);
  CHECK(o.apply({BulkAction::disable}, {o.ann, o.ben}) == "unchanged unchanged");
  CHECK(o.audited("account_disabled") == 2);
  CHECK(o.apply({BulkAction::enable}, {o.ann, o.ben}) == "changed changed");
  CHECK_FALSE(o.is_disabled(o.ann));
  CHECK(o.apply({BulkAction::grant, "admin"}, {o.ann, o.root}) == "changed unchanged");
  CHECK(o.apply({BulkAction::revoke, "admin"}, {o.ann, o.ben}) == "changed unchanged");
  CHECK(o.apply({BulkAction::remove}, {o.ann}) == "changed");
  CHECK(o.apply({BulkAction::remove}, {o.ann}) == "not_found");
}

TEST_CASE("what is refused for one does not stop the others") {
  Office o;
  CHECK(o.apply({BulkAction::disable}, {o.root, UserId{99}, o.ann}) ==
        "last_administrator not_found changed");
  CHECK_FALSE(o.is_disabled(o.root));
  CHECK(o.is_disabled(o.ann));
}

TEST_CASE("nobody takes their own account away in passing") {
  Office o;
  REQUIRE(auth::grant_role(o.t.services, o.ann, "admin", {}));
  auth::Origin origin;
  origin.actor = o.root;
  CHECK(o.apply({BulkAction::disable}, {o.root}, origin) == "own_account");
  CHECK(o.apply({BulkAction::remove}, {o.root}, origin) == "own_account");
  CHECK(o.apply({BulkAction::revoke, "admin"}, {o.root}, origin) == "own_account");
  CHECK(o.apply({BulkAction::enable}, {o.root}, origin) == "unchanged");
  CHECK(o.apply({BulkAction::revoke, "user"}, {o.root}, origin) == "changed");
}

TEST_CASE("a dry run says what would come of it, and changes nothing") {
  Office o;
  REQUIRE(auth::grant_role(o.t.services, o.ann, "admin", {}));
  const BulkAction action = GENERATE(BulkAction::disable, BulkAction::remove);
  auth::BulkChange change{action};
  change.is_dry_run = true;
  // The second administrator would be the last one.
  CHECK(o.apply(change, {o.root, o.ann, o.ben, UserId{99}}) ==
        "changed last_administrator changed not_found");
  CHECK_FALSE(o.is_disabled(o.root));
  change.is_dry_run = false;
  CHECK(o.apply(change, {o.root, o.ann, o.ben, UserId{99}}) ==
        "changed last_administrator changed not_found");
}

TEST_CASE("an API key reaches no further in passing") {
  Office o;
  auth::Origin origin;
  origin.actor = o.ben;
  origin.by_api_key = true;
  CHECK(o.apply({BulkAction::disable}, {o.root, o.ann}, origin) == "beyond_api_key changed");
  CHECK(o.apply({BulkAction::grant, "admin"}, {o.ann}, origin) == "beyond_api_key");
}

TEST_CASE("a role goes with the changes of roles alone, and must be there") {
  Office o;
  const auto field = [&](const auth::BulkChange& change) {
    const auto checked = auth::check_bulk_change(o.t.services, change);
    return checked ? "" : checked.error().field;
  };
  CHECK(field({BulkAction::disable}).empty());
  CHECK(field({BulkAction::grant, "admin"}).empty());
  CHECK(field({BulkAction::disable, "admin"}) == "role");
  CHECK(field({BulkAction::grant}) == "role");
  CHECK(field({BulkAction::revoke, "admn"}) == "role");
  CHECK(auth::parse_bulk_action("delete").value() == BulkAction::remove);
  CHECK(auth::parse_bulk_action("Delete").error().field == "action");
}
