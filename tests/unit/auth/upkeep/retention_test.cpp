#include "auth/upkeep/retention.h"

#include <set>

#include "auth/accounts/account/put_account.h"
#include "auth/accounts/roles/role_grants.h"
#include "support/people.h"
#include "support/refusal.h"
#include "tables/users.h"

using namespace authd;
using namespace authd::test;
using namespace std::chrono_literals;
using auth::EndStep;
using tables::MailKind;
using tables::RetentionStep;

namespace {

constexpr Milliseconds kDay = 24h;
constexpr Milliseconds kYear = 365 * kDay;

config::Config retaining(Milliseconds unverified, Milliseconds inactive,
                         Milliseconds delete_after = 30 * kDay) {
  config::Config config = Instance::default_config();
  config.retention = {unverified, inactive, delete_after};
  return config;
}

struct World {
  explicit World(const config::Config& config = retaining(0ms, kYear)) : t(config) {}

  tables::User user(UserId id) {
    std::optional<tables::User> found;
    REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
      found = tables::find_user(tx, id);
      return {};
    }));
    return found.value_or(tables::User{});
  }
  // Changes the row as no function does.
  template <typename Change>
  void change(UserId id, Change change) {
    REQUIRE(t.memory.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::User row = tables::find_user(tx, id).value();
      change(row);
      tables::put_user(tx, row);
      return {};
    }));
  }
  UserId add(const std::string& name, bool is_verified = true) {
    const UserId id = add_user(t, name).id;
    change(id, [&](tables::User& row) { row.email_verified = is_verified; });
    return id;
  }
  // A run of the job: how many were warned, reminded, disabled and deleted.
  std::array<uint64_t, auth::kEndSteps> run() {
    const auto ran = auth::run_retention(t.services, t.clock.now());
    REQUIRE(ran);
    left = ran->left;
    return ran->done;
  }
  std::optional<auth::NextStep> next(UserId id) {
    const auto found = auth::look_at_retention(t.services, id);
    REQUIRE(found);
    return *found;
  }
  size_t mails_of(MailKind kind) {
    size_t found = 0;
    for (const tables::Mail& mail : mails(t))
      found += mail.kind == kind ? 1 : 0;
    return found;
  }
  std::vector<tables::AuditEntry> audited(const char* action) {
    auth::AuditFilter filter;
    filter.action = action;
    const auto found = auth::list_audit(t.services, filter);
    REQUIRE(found);
    return *found;
  }
  void disable(UserId id, bool disabled) {
    REQUIRE(auth::set_disabled(t.services, id, disabled, {}));
  }

  Instance t;
  uint64_t left = 0;
};

using Done = std::array<uint64_t, auth::kEndSteps>;
constexpr Done kNothing{};
constexpr Done kWarned{1, 0, 0, 0};
constexpr Done kReminded{0, 1, 0, 0};
constexpr Done kDisabled{0, 0, 1, 0};
constexpr Done kDeleted{0, 0, 0, 1};

std::string day_after(const World& w, Milliseconds after) {
  return format_rfc3339(w.t.clock.now() + after).substr(0, 10);
}

}  // namespace

TEST_CASE("the whole life of an account that nobody uses") {
  World w;
  const UserId ann = w.add("ann");
  const auth::Tokens tokens = tokens_of(try_login(w.t, "ann"));
  const std::string last_day = day_after(w, kYear);
  w.t.clock.advance(kYear - 30 * kDay - 1s);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(1s);
  CHECK(w.run() == kWarned);
  CHECK(take_mail(w.t, MailKind::unused_account, "ann@example.org").detail == last_day);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(23 * kDay - 1s);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(1s);
  CHECK(w.run() == kReminded);
  CHECK(take_mail(w.t, MailKind::unused_account, "ann@example.org").detail == last_day);
  w.t.clock.advance(7 * kDay - 1s);
  CHECK(w.run() == kNothing);
  CHECK_FALSE(w.user(ann).disabled);
  w.t.clock.advance(1s);
  CHECK(w.run() == kDisabled);
  CHECK(w.user(ann).disabled);
  CHECK(w.user(ann).session_epoch > 0);
  CHECK(take_mail(w.t, MailKind::account_disabled, "ann@example.org").detail == "unused");
  CHECK(name_of(try_login(w.t, "ann")) == "account_disabled");
  w.t.clock.advance(30 * kDay - 1s);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(1s);
  CHECK(w.run() == kDeleted);
  CHECK(w.user(ann).id.value == 0);
  CHECK(w.mails_of(MailKind::account_deleted) == 1);
  CHECK(w.run() == kNothing);
  for (const char* action : {"account_disabled", "account_deleted"}) {
    const auto entries = w.audited(action);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].detail.starts_with("unused since 20"));
    CHECK(entries[0].subject == ann);
  }
}

TEST_CASE("whoever uses the account begins again") {
  World w;
  const UserId ann = w.add("ann");
  w.t.clock.advance(kYear - 30 * kDay);
  CHECK(w.run() == kWarned);
  w.t.clock.advance(kDay);
  tokens_of(try_login(w.t, "ann"));
  CHECK(w.next(ann)->done == RetentionStep::none);
  CHECK(w.next(ann)->at == w.t.clock.now() + kYear - 30 * kDay);
  w.t.clock.advance(kYear - 31 * kDay);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(kDay);
  CHECK(w.run() == kWarned);
  w.t.clock.advance(23 * kDay);
  CHECK(w.run() == kReminded);
  tokens_of(try_login(w.t, "ann"));
  w.t.clock.advance(7 * kDay);
  CHECK(w.run() == kNothing);
  CHECK_FALSE(w.user(ann).disabled);
}

TEST_CASE("a password that was right is a use, and so is a renewed session") {
  World w;
  const UserId ann = w.add("ann");
  const UserId ben = w.add("ben");
  w.t.config.tokens.session_max_age = 3 * kYear;
  w.t.config.tokens.refresh_ttl = 2 * kYear;
  const auth::Tokens tokens = tokens_of(try_login(w.t, "ben"));
  w.t.clock.advance(300 * kDay);
  w.change(ann, [&](tables::User& row) { row.password_proved_at = w.t.clock.now(); });
  REQUIRE(auth::refresh(w.t.services, tokens.refresh, {}));
  w.t.clock.advance(60 * kDay);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(300 * kDay);
  CHECK(w.run() == Done{2, 0, 0, 0});
  CHECK(w.next(ben)->done == RetentionStep::warned);
}

TEST_CASE("administrators have no end") {
  World w;
  const UserId root = w.add("root");
  REQUIRE(auth::grant_role(w.t.services, root, "admin", {}));
  w.t.clock.advance(5 * kYear);
  CHECK(w.run() == kNothing);
  CHECK_FALSE(w.next(root));

  // Also where the role comes after the account was disabled.
  const UserId ann = w.add("ann");
  w.change(ann, [&](tables::User& row) {
    row.disabled = true;
    row.retention_step = RetentionStep::disabled;
    row.retention_at = w.t.clock.now();
  });
  REQUIRE(auth::grant_role(w.t.services, ann, "admin", {}));
  w.t.clock.advance(5 * kYear);
  CHECK(w.run() == kNothing);
}

TEST_CASE("an account that a person disabled is left alone") {
  World w;
  const UserId ann = w.add("ann");
  w.disable(ann, true);
  w.t.clock.advance(5 * kYear);
  CHECK(w.run() == kNothing);
  CHECK_FALSE(w.next(ann));
  CHECK(w.user(ann).disabled);
}

TEST_CASE("whoever enables the account begins a fresh period, and whoever disables it keeps it") {
  World w;
  const UserId ann = w.add("ann");
  const UserId ben = w.add("ben");
  w.t.clock.advance(kYear - 30 * kDay);
  w.run();
  w.t.clock.advance(23 * kDay);
  w.run();
  w.t.clock.advance(7 * kDay);
  CHECK(w.run() == Done{0, 0, 2, 0});
  w.t.clock.advance(kDay);
  w.disable(ann, false);
  w.disable(ben, true);
  CHECK(w.user(ann).retention_step == RetentionStep::none);
  CHECK(w.next(ann)->disabled_at == w.t.clock.now() + kYear);
  CHECK_FALSE(w.next(ben));
  w.t.clock.advance(kYear - 31 * kDay);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(kDay);
  CHECK(w.run() == kWarned);
  CHECK(w.user(ben).disabled);

  // The same by what files declare.
  w.disable(ann, true);
  auth::WantedAccount wanted;
  wanted.login = "ann";
  wanted.disabled = false;
  REQUIRE(auth::put_account(w.t.services, wanted, {}));
  CHECK(w.next(ann)->disabled_at == w.t.clock.now() + kYear);
}

TEST_CASE("an email that is not verified has a period of its own") {
  World w(retaining(14 * kDay, kYear));
  w.add("ann");
  const UserId ben = w.add("ben", false);
  const UserId carla = w.add("carla", false);
  w.change(carla, [](tables::User& row) { row.email.clear(); });  // has none to verify
  w.t.clock.advance(7 * kDay);
  CHECK(w.run() == kReminded);  // no first mail
  w.t.clock.advance(7 * kDay);
  CHECK(w.run() == kDisabled);
  CHECK(w.user(ben).disabled);
  w.t.clock.advance(30 * kDay);
  CHECK(w.run() == kDeleted);

  World never(retaining(0ms, kYear));
  never.add("ann", false);
  never.t.clock.advance(9 * kYear);
  CHECK(never.run() == kNothing);
}

TEST_CASE("without an email there is no mail but the same waiting") {
  World w;
  const UserId ann = w.add("ann", false);
  w.change(ann, [](tables::User& row) { row.email.clear(); });
  w.t.clock.advance(2 * kYear);
  CHECK(w.run() == kWarned);
  w.t.clock.advance(23 * kDay);
  CHECK(w.run() == kReminded);
  w.t.clock.advance(7 * kDay);
  CHECK(w.run() == kDisabled);
  CHECK(mails(w.t).empty());
}

TEST_CASE("where it is switched on late, everybody has thirty days") {
  World w(retaining(0ms, 0ms));
  const UserId ann = w.add("ann");
  w.t.clock.advance(3 * kYear);
  CHECK(w.run() == kNothing);
  w.t.config.retention.inactive = kYear;
  CHECK(w.run() == kWarned);
  const std::string last_day = day_after(w, 30 * kDay);
  CHECK(take_mail(w.t, MailKind::unused_account, "ann@example.org").detail == last_day);
  w.t.clock.advance(22 * kDay);
  CHECK(w.run() == kNothing);
  // The server is off for months.
  w.t.clock.advance(200 * kDay);
  CHECK(w.run() == kReminded);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(7 * kDay - 1s);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(1s);
  CHECK(w.run() == kDisabled);
  CHECK(w.user(ann).disabled);
}

TEST_CASE("another period makes the steps of the one before it void") {
  World w;
  const UserId ann = w.add("ann");
  w.t.clock.advance(kYear - 30 * kDay);
  CHECK(w.run() == kWarned);
  w.t.config.retention.inactive = 2 * kYear;
  CHECK(w.next(ann)->step == EndStep::warn);
  CHECK(w.next(ann)->disabled_at == w.user(ann).created_at + 2 * kYear);
  w.t.clock.advance(60 * kDay);
  CHECK(w.run() == kNothing);
  w.t.clock.advance(kYear - 60 * kDay);
  CHECK(w.run() == kWarned);

  // A disabled account waits for its deletion, and keeps out of it once retention is off.
  w.change(ann, [&](tables::User& row) {
    row.disabled = true;
    row.retention_step = RetentionStep::disabled;
    row.retention_at = w.t.clock.now();
  });
  CHECK(w.next(ann)->at == w.user(ann).created_at + 2 * kYear + 30 * kDay);
  w.t.config.retention.inactive = 0ms;
  CHECK_FALSE(w.next(ann));
  w.t.config.retention.inactive = kYear;
  w.t.config.retention.delete_after = 0ms;
  CHECK_FALSE(w.next(ann));
}

TEST_CASE("a clock that jumps ahead skips no step") {
  World w;
  const UserId ann = w.add("ann");
  for (const Done& done : {kWarned, kReminded, kDisabled, kDeleted}) {
    w.t.clock.advance(20 * kYear);
    CHECK(w.run() == done);
    CHECK(w.run() == kNothing);
  }
  CHECK(w.user(ann).id.value == 0);
}

TEST_CASE("a mail that a clock ahead has sent counts for nothing once the clock is right") {
  World w;
  const UserId ann = w.add("ann");
  w.t.clock.advance(20 * kYear);
  CHECK(w.run() == kWarned);
  w.t.clock.advance(-20 * kYear);
  CHECK(w.run() == kNothing);
  CHECK(w.next(ann)->done == RetentionStep::none);
  w.t.clock.advance(kYear - 30 * kDay);
  CHECK(w.run() == kWarned);
}

TEST_CASE("a run takes few of many") {
  World w;
  constexpr size_t kPeople = 25;
  for (size_t i = 0; i < kPeople; ++i)
    w.add("person" + std::to_string(i));
  w.t.clock.advance(5 * kYear);
  CHECK(w.run() == Done{10, 0, 0, 0});
  CHECK(w.left == 15);
  CHECK(w.run() == Done{10, 0, 0, 0});
  CHECK(w.run() == Done{5, 0, 0, 0});
  CHECK(w.run() == kNothing);
  w.t.clock.advance(5 * kYear);
  CHECK(w.run() == Done{0, 10, 0, 0});
  // Their mails are spread, so that others are not kept waiting.
  std::set<Time> due;
  for (const tables::Mail& mail : mails(w.t))
    due.insert(mail.due_at);
  CHECK(due.size() >= 20);
  CHECK(*due.rbegin() <= w.t.clock.now() + 1h);
  CHECK(auth::run_share(1'000'000) == 4166);
}

TEST_CASE("who is due, and when anybody is due next") {
  World w;
  w.add("ann");
  w.t.clock.advance(10 * kDay);
  w.add("ben");
  w.t.clock.advance(kYear - 40 * kDay);
  const auto found = auth::find_due(w.t.services, w.t.clock.now());
  REQUIRE(found);
  CHECK(found->people == 2);
  REQUIRE(found->accounts.size() == 1);
  CHECK(found->accounts[0].step == EndStep::warn);
  CHECK(found->due == kWarned);
  REQUIRE(found->next);
  const Milliseconds until = *found->next - w.t.clock.now();
  CHECK(until <= 10 * kDay);
  CHECK(until > 9 * kDay);  // The short rows have no more than the hour.
  const auto stopped = auth::find_due(w.t.services, w.t.clock.now(), [] { return true; });
  CHECK_FALSE(stopped);
}

TEST_CASE("a step is decided again in its write") {
  World w;
  const UserId ann = w.add("ann");
  w.t.clock.advance(5 * kYear);
  const auth::DueAccount due{ann, EndStep::warn};
  tokens_of(try_login(w.t, "ann"));
  CHECK_FALSE(*auth::take_step(w.t.services, due, 0ms, {}));
  CHECK_FALSE(*auth::take_step(w.t.services, {ann, EndStep::disable}, 0ms, {}));
  CHECK_FALSE(*auth::take_step(w.t.services, {UserId{99}, EndStep::remove}, 0ms, {}));
  CHECK(w.mails_of(MailKind::unused_account) == 0);
  CHECK_FALSE(w.user(ann).disabled);
}
