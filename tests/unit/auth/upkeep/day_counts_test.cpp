#include "auth/upkeep/day_counts.h"

#include "auth/core/audit/audit.h"
#include "auth/core/factor.h"
#include "auth/core/login_methods.h"
#include "crypto/digest.h"
#include "support/fault_store.h"
#include "support/people.h"
#include "tables/expiry.h"
#include "tables/users.h"

using namespace authd;
using namespace std::chrono_literals;
using auth::count;
using auth::DayCount;
using auth::DayLevel;
using config::LoginMethod;

namespace {

constexpr Milliseconds kDay = 24h;

// Runs every read closure twice, as the contract of the store allows.
class ReadTwice final : public store::Store {
 public:
  explicit ReadTwice(store::Store& below) : below_(below) {}
  store::Stats stats() override { return below_.stats(); }

 protected:
  Result<void> run_read(FunctionRef<Result<void>(store::ReadTxn&)> fn) override {
    static_cast<void>(read_through(below_, fn));
    return read_through(below_, fn);
  }
  Result<void> run_write(FunctionRef<Result<void>(store::WriteTxn&)> fn) override {
    return write_through(below_, fn);
  }

 private:
  store::Store& below_;
};

// Those of a process: its counters, and the name under which it writes.
auth::Services services_of(test::Instance& t, store::Store& store, auth::Counters& counters,
                           std::string_view writer = auth::kServerWriter) {
  return {store,     t.config,      t.clock,     t.random,   t.hasher,   t.master_key, t.server_key,
          t.keyring, t.credentials, t.in_flight, t.verified, t.activity, t.providers,  t.known,
          t.oauth,   t.images,      counters,    null_log(), writer};
}

uint64_t day_of(Time time) {
  return static_cast<uint64_t>(
      std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
}

// The time of day of the test's clock, so that it can go to another.
Milliseconds since_midnight(const test::Instance& t) {
  return t.clock.now() - std::chrono::floor<std::chrono::days>(t.clock.now());
}

void add(test::Instance& t) {
  REQUIRE(auth::add_day_counts(t.services, t.clock.now()));
}

auth::Statistics statistics(test::Instance& t, size_t days) {
  auto found = auth::statistics_of(t.services, days, t.clock.now());
  REQUIRE(found);
  REQUIRE(found->days.size() == days);
  return std::move(*found);
}

uint64_t in(const std::array<uint64_t, auth::kDayCounts>& counts, DayCount count) {
  return counts[static_cast<size_t>(count)];
}
std::optional<uint64_t> in(const auth::DayOfStatistics& day, DayLevel level) {
  return day.levels[static_cast<size_t>(level)];
}

std::optional<tables::DayCounts> row(test::Instance& t, uint64_t day,
                                     std::string_view writer = auth::kServerWriter) {
  std::optional<tables::DayCounts> found;
  REQUIRE(t.store.read([&](store::ReadTxn& tx) -> Result<void> {
    tables::DayCounts key;
    key.day = day;
    key.writer = writer;
    found = tables::day_counts.find(tx, tables::day_counts.key_of(key));
    return {};
  }));
  return found;
}

}  // namespace

TEST_CASE("what the counters gained is added once, and nothing is written without a gain") {
  test::Instance t;
  CHECK(auth::add_day_counts(t.services, t.clock.now()) == false);
  CHECK_FALSE(row(t, day_of(t.clock.now())));
  count(t.counters.signups);
  count(t.counters.signups);
  CHECK(auth::add_day_counts(t.services, t.clock.now()) == true);
  CHECK(auth::add_day_counts(t.services, t.clock.now()) == false);
  CHECK(in(statistics(t, 1).totals, DayCount::signups) == 2);
  count(t.counters.signups);
  add(t);
  CHECK(in(statistics(t, 1).totals, DayCount::signups) == 3);
}

TEST_CASE("each counter has its place, which never changes, and its name") {
  test::Instance t;
  auth::Counters& c = t.counters;
  c.signups = 1;
  for (size_t i = 0; i < 2; ++i)
    c.logins_ok.add(LoginMethod::password);
  for (size_t i = 0; i < 3; ++i)
    c.logins_ok.add(LoginMethod::passkey);
  for (size_t i = 0; i < 4; ++i)
    c.logins_ok.add(LoginMethod::email_link);
  for (size_t i = 0; i < 5; ++i)
    c.logins_ok.add(LoginMethod::email_code);
  for (size_t i = 0; i < 6; ++i)
    c.logins_ok.add(LoginMethod::providers);
  CHECK(c.logins_ok == 20);
  c.logins_refused = 7;
  c.logins_disabled = 8;
  c.second_factors_refused = 9;
  c.mails_sent = 10;
  c.mails_dead = 11;
  add(t);
  const auto stored = row(t, day_of(t.clock.now()));
  REQUIRE(stored);
  CHECK(stored->counts == std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  std::string names;
  for (size_t i = 0; i < auth::kDayCounts; ++i)
    names += std::string(word_of(static_cast<DayCount>(i))) + " ";
  CHECK(names ==
        "signups logins_password logins_passkey logins_email_link logins_email_code "
        "logins_providers logins_refused logins_disabled second_factors_refused mails_sent "
        "mails_dead ");
  names.clear();
  for (size_t i = 0; i < auth::kDayLevels; ++i)
    names += std::string(word_of(static_cast<DayLevel>(i))) + " ";
  CHECK(names == "users active_day active_month second_factor store_bytes ");
}

TEST_CASE("a fault at any place loses nothing and counts nothing twice") {
  size_t failed = 0;
  for (size_t n = 1;; ++n) {
    test::Instance t;
    test::FaultStore faults{t.memory};
    const auth::Services s = services_of(t, faults, t.counters);
    count(t.counters.signups);
    faults.fail_at(n);
    const bool is_added = auth::add_day_counts(s, t.clock.now()).has_value();
    const bool has_failed = faults.has_failed();
    CHECK(is_added != has_failed);
    faults.fail_at(0);
    count(t.counters.signups);
    REQUIRE(auth::add_day_counts(s, t.clock.now()));
    CHECK(in(statistics(t, 1).totals, DayCount::signups) == 2);
    if (!has_failed) break;
    failed += 1;
  }
  CHECK(failed >= 3);
}

TEST_CASE("a day begins at midnight in UTC, and days without numbers are there with zeros") {
  test::Instance t;
  t.clock.advance(kDay - since_midnight(t) - 1ms);
  const uint64_t day = day_of(t.clock.now());
  count(t.counters.signups);
  add(t);
  t.clock.advance(1ms);
  REQUIRE(day_of(t.clock.now()) == day + 1);
  count(t.counters.signups);
  count(t.counters.signups);
  add(t);
  t.clock.advance(2 * kDay);
  count(t.counters.signups);
  add(t);
  const auth::Statistics found = statistics(t, 5);
  std::vector<uint64_t> signups;
  for (const auth::DayOfStatistics& one : found.days) {
    CHECK(one.day == day - 1 + signups.size());
    signups.push_back(in(one.counts, DayCount::signups));
    CHECK_FALSE(in(one, DayLevel::users));
  }
  CHECK(signups == std::vector<uint64_t>{0, 1, 2, 0, 1});
  CHECK(in(found.totals, DayCount::signups) == 4);
  CHECK(in(statistics(t, 1).totals, DayCount::signups) == 1);
}

TEST_CASE("the day follows the clock, also back") {
  test::Instance t;
  t.clock.advance(3 * kDay);
  count(t.counters.signups);
  add(t);
  t.clock.advance(-3 * kDay);
  count(t.counters.signups);
  add(t);
  CHECK(in(statistics(t, 400).totals, DayCount::signups) == 1);
  t.clock.advance(3 * kDay);
  CHECK(in(statistics(t, 400).totals, DayCount::signups) == 2);
}

TEST_CASE("two writers have a row each, and are added up") {
  test::Instance t;
  auth::Counters others;
  const auth::Services other = services_of(t, t.store, others, "other");
  count(t.counters.signups);
  count(others.signups);
  count(others.logins_refused);
  add(t);
  REQUIRE(auth::add_day_counts(other, t.clock.now()));
  REQUIRE(auth::note_day_levels(other, t.clock.now()));
  const uint64_t day = day_of(t.clock.now());
  CHECK(row(t, day)->counts[0] == 1);
  CHECK(row(t, day, "other")->counts[0] == 1);
  const auth::Statistics found = statistics(t, 1);
  CHECK(in(found.totals, DayCount::signups) == 2);
  CHECK(in(found.totals, DayCount::logins_refused) == 1);
  CHECK(in(found.days.front(), DayLevel::users) == 0);
}

TEST_CASE("a read that runs again counts nothing twice") {
  test::Instance t;
  count(t.counters.signups);
  add(t);
  ReadTwice twice(t.memory);
  const auth::Services again = services_of(t, twice, t.counters);
  const auto found = auth::statistics_of(again, 1, t.clock.now());
  REQUIRE(found);
  CHECK(in(found->totals, DayCount::signups) == 1);
}

TEST_CASE("a process that starts again adds to the row of its day") {
  test::Instance t;
  count(t.counters.signups);
  add(t);
  auth::Counters after;
  const auth::Services restarted = services_of(t, t.store, after);
  count(after.signups);
  REQUIRE(auth::add_day_counts(restarted, t.clock.now()));
  CHECK(in(statistics(t, 1).totals, DayCount::signups) == 2);
}

TEST_CASE("a day stays for 400 days, and is then swept") {
  test::Instance t;
  t.clock.advance(-since_midnight(t));
  const uint64_t day = day_of(t.clock.now());
  count(t.counters.signups);
  add(t);
  t.clock.advance(400 * kDay - 1ms);
  REQUIRE(tables::sweep_expired(t.store, t.clock.now()));
  REQUIRE(row(t, day));
  CHECK(in(statistics(t, 400).days.front().counts, DayCount::signups) == 1);
  CHECK(in(statistics(t, 399).totals, DayCount::signups) == 0);
  t.clock.advance(1ms);
  REQUIRE(tables::sweep_expired(t.store, t.clock.now()));
  CHECK_FALSE(row(t, day));
  CHECK(in(statistics(t, 400).totals, DayCount::signups) == 0);
}

TEST_CASE("levels are those of the last look, and leave the counts alone") {
  test::Instance t;
  const Time now = t.clock.now();
  const Time today = std::chrono::floor<std::chrono::days>(now);
  uint64_t last = 0;
  const auto put = [&](Time active, bool has_app) {
    tables::User user;
    user.id = UserId{++last};
    user.username = "u" + std::to_string(last);
    user.created_at = now - 90 * kDay;
    user.last_activity = active;
    user.mfa_enabled = has_app;
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::put_user(tx, user);
      return {};
    }));
    return user.id;
  };
  put({}, false);                                      // never active
  put(today, true);                                    // at the first moment of the day
  const UserId holder = put(today - 1ms, false);       // the day before
  const UserId both = put(today - 29 * kDay, true);    // the first day of the 30
  put(today - 29 * kDay - 1ms, false);                 // before them
  put(now + 90 * kDay, false);                         // the clock was ahead
  for (const UserId owner : {holder, holder, both}) {  // two of one account
    tables::Passkey passkey;
    passkey.user = owner;
    passkey.id = std::to_string(++last);
    passkey.id_hash = crypto::sha256(passkey.id);
    REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
      tables::passkeys.insert(tx, passkey);
      return {};
    }));
  }
  count(t.counters.signups);
  add(t);
  REQUIRE(auth::note_day_levels(t.services, now));
  const auth::Statistics found = statistics(t, 2);
  const auth::DayOfStatistics& day = found.days.back();
  CHECK(in(day, DayLevel::users) == 6);
  CHECK(in(day, DayLevel::active_day) == 1);
  CHECK(in(day, DayLevel::active_month) == 3);
  CHECK(in(day, DayLevel::second_factor) == 3);
  CHECK(in(day, DayLevel::store_bytes) == t.store.stats().used_bytes);
  CHECK(in(day.counts, DayCount::signups) == 1);
  CHECK_FALSE(in(found.days.front(), DayLevel::users));
  put(now, true);
  REQUIRE(auth::note_day_levels(t.services, now));
  CHECK(in(statistics(t, 1).days.back(), DayLevel::users) == 7);
  CHECK(in(statistics(t, 1).days.back(), DayLevel::active_day) == 2);
}

TEST_CASE("the places of a newer release are kept, and not shown") {
  test::Instance t;
  tables::DayCounts newer;
  newer.day = day_of(t.clock.now());
  newer.writer = auth::kServerWriter;
  newer.counts.assign(auth::kDayCounts + 2, 5);
  newer.levels.assign(auth::kDayLevels + 1, 6);
  newer.expires_at = t.clock.now() + kDay;
  REQUIRE(t.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::day_counts.insert(tx, newer);
    return {};
  }));
  count(t.counters.signups);
  add(t);
  REQUIRE(auth::note_day_levels(t.services, t.clock.now()));
  const auto stored = row(t, newer.day);
  REQUIRE(stored->counts.size() == auth::kDayCounts + 2);
  CHECK(stored->counts.front() == 6);
  CHECK(stored->counts.back() == 5);
  CHECK(stored->levels.back() == 6);
  CHECK(in(statistics(t, 1).totals, DayCount::signups) == 6);
}

TEST_CASE("a login is counted with its method, and a wrong password with the refused ones") {
  test::Instance t;
  test::add_user(t, "ann");
  test::tokens_of(test::try_login(t, "ann"));
  CHECK_FALSE(test::try_login(t, "ann", {}, "wrong horse battery"));
  add(t);
  const auth::Statistics found = statistics(t, 1);
  CHECK(in(found.totals, DayCount::logins_password) == 1);
  CHECK(in(found.totals, DayCount::logins_refused) == 1);
  CHECK(in(found.totals, DayCount::second_factors_refused) == 0);
  CHECK(in(found.totals, DayCount::logins_passkey) == 0);
}

TEST_CASE("what was proved before a second factor tells the method") {
  config::Config config = test::Instance::default_config();
  const auto begun = [&](auth::Factor factor) {
    return auth::method_begun(config, amr_of(factor));
  };
  config.login.methods = {LoginMethod::email_link, LoginMethod::email_code};
  CHECK(begun(auth::Factor::password) == LoginMethod::password);
  CHECK(begun(auth::Factor::provider) == LoginMethod::providers);
  CHECK(begun(auth::Factor::device_key) == LoginMethod::passkey);
  CHECK(begun(auth::Factor::synced_key) == LoginMethod::passkey);
  CHECK(begun(auth::Factor::code) == LoginMethod::email_code);
  config.login.methods = {LoginMethod::email_link};
  CHECK(begun(auth::Factor::code) == LoginMethod::email_link);
}
