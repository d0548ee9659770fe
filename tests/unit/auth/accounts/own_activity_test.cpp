#include "auth/accounts/profile/own_activity.h"

#include <algorithm>

#include "auth/accounts/profile/attributes.h"
#include "auth/core/audit/audit.h"
#include "support/people.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;

namespace {

auth::OwnActivity activity_of(Instance& t, const tables::User& user, uint64_t before = 0,
                              size_t limit = 50) {
  auto activity = auth::list_own_activity(t.services, user, before, limit);
  REQUIRE(activity);
  return std::move(*activity);
}

auth::Origin as(UserId actor, const char* address = "192.0.2.9") {
  auth::Origin origin = from(address);
  origin.actor = actor;
  return origin;
}

void note(Instance& t, const auth::Origin& origin, const auth::AuditEvent& event) {
  REQUIRE(auth::audit_alone(t.services, origin, event));
}

}  // namespace

TEST_CASE("people see what was done to their account, the newest first") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User ben = add_user(t, "ben");
  note(t, as(ann.id), {"login", ann.id});
  note(t, as(ben.id), {"login", ben.id});
  note(t, from("192.0.2.66"), {"login", ann.id, "refused"});
  const auth::OwnActivity activity = activity_of(t, ann);
  REQUIRE(activity.events.size() >= 2);
  const auth::OwnEvent& newest = activity.events[0];
  CHECK(newest.outcome == "refused");
  CHECK(newest.by == auth::DoneBy::unknown);
  CHECK(newest.address == "192.0.2.66");
  CHECK(activity.events[1].by == auth::DoneBy::owner);
  CHECK(activity.events[1].address == "192.0.2.9");
  CHECK(activity.next == 0);
}

TEST_CASE("the entry of the sign-up is there, which is a little older than the account") {
  Instance t;
  tables::User ann = add_user(t, "ann");
  note(t, as(ann.id), {"signup", ann.id});
  ann.created_at += 2s;
  CHECK(activity_of(t, ann).events.size() == 2);  // And that of its making.
  ann.created_at += 1h;
  CHECK(activity_of(t, ann).events.empty());
}

TEST_CASE("an administrator and the operator have neither name nor address there") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User root = add_user(t, "root");
  note(t, as(root.id, "198.51.100.1"), {"profile_changed", ann.id});
  auth::Origin command;
  command.operator_name = "cli:eve";
  command.address = *IpAddress::parse("198.51.100.2");
  note(t, command, {"password_set", ann.id});
  const auth::OwnActivity activity = activity_of(t, ann);
  CHECK(activity.events[0].by == auth::DoneBy::operator_);
  CHECK(activity.events[1].by == auth::DoneBy::administrator);
  CHECK(activity.events[0].address.empty());
  CHECK(activity.events[1].address.empty());
  // Nor does the administrator find the other person's account in the own activity.
  for (const auth::OwnEvent& event : activity_of(t, root).events)
    CHECK(event.action != "profile_changed");
}

TEST_CASE("only what may be told has its target, and nothing its detail") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  note(t, as(ann.id), {"passkey_added", ann.id, "ok", "Phone", "on paper"});
  note(t, as(ann.id), {"attributes_changed", ann.id, "ok", "remark", "remark"});
  note(t, as(ann.id), {"login", ann.id, "ok", "ann@example.org"});
  const auth::OwnActivity activity = activity_of(t, ann);
  CHECK(activity.events[0].target.empty());
  CHECK(activity.events[1].target.empty());
  CHECK(activity.events[2].target == "Phone");
}

TEST_CASE("one look is bounded, and the next one goes on behind it") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  const tables::User ben = add_user(t, "ben");
  note(t, as(ann.id), {"login", ann.id});
  constexpr size_t kOfOthers = 10'500;
  for (size_t i = 0; i < kOfOthers; ++i)
    note(t, as(ben.id), {"login", ben.id});
  const auth::OwnActivity first = activity_of(t, ann);
  CHECK(first.events.empty());
  REQUIRE(first.next != 0);
  const auth::OwnActivity second = activity_of(t, ann, first.next);
  REQUIRE_FALSE(second.events.empty());
  CHECK(second.events.front().action == "login");
  CHECK(second.next == 0);
}

TEST_CASE("pages of a few events have each event once") {
  Instance t;
  const tables::User ann = add_user(t, "ann");
  for (int i = 0; i < 5; ++i)
    note(t, as(ann.id), {"login", ann.id});
  std::vector<uint64_t> numbers;
  uint64_t before = 0;
  do {
    const auth::OwnActivity page = activity_of(t, ann, before, 2);
    CHECK(page.events.size() <= 2);
    for (const auth::OwnEvent& event : page.events)
      numbers.push_back(event.number);
    before = page.next;
  } while (before != 0);
  CHECK(numbers.size() == activity_of(t, ann).events.size());
  CHECK(std::is_sorted(numbers.rbegin(), numbers.rend()));
}

TEST_CASE("nothing from before the account is looked at") {
  Instance t;
  const tables::User early = add_user(t, "early");
  for (int i = 0; i < 10; ++i)
    note(t, as(early.id), {"login", early.id});
  t.clock.advance(24h);
  const tables::User ann = add_user(t, "ann");
  note(t, as(ann.id), {"login", ann.id});
  const auth::OwnActivity activity = activity_of(t, ann);
  CHECK(activity.next == 0);
  CHECK_FALSE(activity.events.empty());
}
