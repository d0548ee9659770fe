#include "auth/upkeep/day_counts.h"

#include <algorithm>

#include "base/check.h"
#include "base/function_ref.h"
#include "tables/people.h"
#include "tables/schema.h"

namespace authd::auth {
namespace {

using std::chrono::days;

constexpr uint64_t kMonth = 30;  // days

// Where a count comes from, and its name.
struct CountRow {
  DayCount place;
  std::string_view word;
  uint64_t (*total)(const Counters& counters);
};

template <std::atomic<uint64_t> Counters::*member>
uint64_t total_of(const Counters& counters) {
  return (counters.*member).load(std::memory_order_relaxed);
}

template <config::LoginMethod method>
uint64_t logins_by(const Counters& counters) {
  return counters.logins_ok.of(method);
}

using config::LoginMethod;
using C = Counters;
constexpr std::array<CountRow, kDayCounts> kCounts = {{
    {DayCount::signups, "signups", &total_of<&C::signups>},
    {DayCount::logins_password, "logins_password", &logins_by<LoginMethod::password>},
    {DayCount::logins_passkey, "logins_passkey", &logins_by<LoginMethod::passkey>},
    {DayCount::logins_email_link, "logins_email_link", &logins_by<LoginMethod::email_link>},
    {DayCount::logins_email_code, "logins_email_code", &logins_by<LoginMethod::email_code>},
    {DayCount::logins_providers, "logins_providers", &logins_by<LoginMethod::providers>},
    {DayCount::logins_refused, "logins_refused", &total_of<&C::logins_refused>},
    {DayCount::logins_disabled, "logins_disabled", &total_of<&C::logins_disabled>},
    {DayCount::second_factors_refused, "second_factors_refused",
     &total_of<&C::second_factors_refused>},
    {DayCount::mails_sent, "mails_sent", &total_of<&C::mails_sent>},
    {DayCount::mails_dead, "mails_dead", &total_of<&C::mails_dead>},
}};

struct LevelRow {
  DayLevel place;
  std::string_view word;
};
constexpr std::array<LevelRow, kDayLevels> kLevels = {{
    {DayLevel::users, "users"},
    {DayLevel::active_day, "active_day"},
    {DayLevel::active_month, "active_month"},
    {DayLevel::second_factor, "second_factor"},
    {DayLevel::store_bytes, "store_bytes"},
}};

template <typename Rows>
constexpr bool are_in_their_places(const Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<size_t>(rows[i].place) != i) return false;
  }
  return true;
}
static_assert(are_in_their_places(kCounts) && are_in_their_places(kLevels));
static_assert(LoginCounter::kMethods == 5, "each method has its count");

uint64_t day_of(Time time) {
  const auto day = std::chrono::floor<days>(time).time_since_epoch().count();
  return static_cast<uint64_t>(std::max<int64_t>(day, 0));
}

Time midnight_of(uint64_t day) {
  return std::chrono::sys_days(days(day));
}

// Changes this process's row of the day of `now`.
Result<void> change_row(const Services& s, Time now,
                        FunctionRef<void(tables::DayCounts& row)> change) {
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::DayCounts row;
    row.day = day_of(now);
    row.writer = s.writer;
    row.expires_at = midnight_of(row.day + kKeptDays);
    if (auto before = tables::day_counts.find(tx, tables::day_counts.key_of(row))) row = *before;
    change(row);
    tables::day_counts.put(tx, row);
    return {};
  });
}

// All but those of the store.
std::vector<uint64_t> levels_of(store::ReadTxn& tx, Time now) {
  const uint64_t today = day_of(now);
  const uint64_t since_today = tables::activity_step(midnight_of(today));
  const uint64_t since_month =
      tables::activity_step(midnight_of(today < kMonth ? 0 : today - kMonth + 1));
  // The next one as well, for a clock that was set back by a few minutes. What is later was written
  // while the clock was ahead.
  const uint64_t last = tables::activity_step(now) + 1;
  const std::vector<uint64_t> with_passkey = tables::ids_with_passkeys(tx);
  auto passkey = with_passkey.begin();
  std::vector<uint64_t> levels(kDayLevels);
  const auto add = [&](DayLevel level, bool counts) {
    levels[static_cast<size_t>(level)] += counts ? 1 : 0;
  };
  tables::scan_people(tx, [&](const tables::PersonView& person) {
    // Both in the order of ids.
    passkey = std::lower_bound(passkey, with_passkey.end(), person.id.value);
    const bool has_passkey = passkey != with_passkey.end() && *passkey == person.id.value;
    const bool is_active = person.active_step > 0 && person.active_step <= last;
    add(DayLevel::users, true);
    add(DayLevel::active_day, is_active && person.active_step >= since_today);
    add(DayLevel::active_month, is_active && person.active_step >= since_month);
    add(DayLevel::second_factor, has_passkey || (person.traits & tables::Trait::mfa) != 0);
  });
  return levels;
}

// Adds a row of the store to its day. Places of a newer release are left out.
void add_row(DayOfStatistics& day, const tables::DayCounts& row) {
  for (size_t i = 0; i < std::min(row.counts.size(), kDayCounts); ++i)
    day.counts[i] += row.counts[i];
  // Two writers look at the same store, so the larger one is as good as the other.
  for (size_t i = 0; i < std::min(row.levels.size(), kDayLevels); ++i)
    day.levels[i] = std::max(day.levels[i].value_or(0), row.levels[i]);
}

}  // namespace

std::string_view word_of(DayCount count) {
  return kCounts[static_cast<size_t>(count)].word;
}

std::string_view word_of(DayLevel level) {
  return kLevels[static_cast<size_t>(level)].word;
}

Result<bool> add_day_counts(const Services& s, Time now) {
  std::vector<uint64_t> totals;
  for (const CountRow& row : kCounts)
    totals.push_back(row.total(s.counters));
  std::vector<uint64_t>& counted = s.counters.day_counted;
  counted.resize(kDayCounts);
  if (totals == counted) return false;
  TRY(change_row(s, now, [&](tables::DayCounts& row) {
    row.counts.resize(std::max(row.counts.size(), kDayCounts));
    for (size_t i = 0; i < kDayCounts; ++i)
      row.counts[i] += totals[i] - counted[i];
  }));
  counted = std::move(totals);
  return true;
}

Result<void> note_day_levels(const Services& s, Time now) {
  using Levels = std::vector<uint64_t>;
  Levels levels =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Levels> { return levels_of(tx, now); }));
  levels[static_cast<size_t>(DayLevel::store_bytes)] = s.store.stats().used_bytes;
  return change_row(s, now, [&](tables::DayCounts& row) {
    row.levels.resize(std::max(row.levels.size(), kDayLevels));
    std::ranges::copy(levels, row.levels.begin());
  });
}

Result<Statistics> statistics_of(const Services& s, size_t days, Time now) {
  CHECK(days >= 1 && days <= kKeptDays);
  const uint64_t today = day_of(now);
  const uint64_t first = today + 1 < days ? 0 : today + 1 - days;
  Statistics found;
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    found.days.clear();
    for (uint64_t day = first; day <= today; ++day)
      found.days.emplace_back().day = day;
    tables::day_counts.scan(tx, tables::big_endian(first), tables::big_endian(today + 1),
                            [&](std::string_view key, const tables::DayCounts& row) {
                              add_row(found.days[tables::from_big_endian(key) - first], row);
                              return true;
                            });
    return {};
  }));
  for (const DayOfStatistics& day : found.days) {
    for (size_t i = 0; i < kDayCounts; ++i)
      found.totals[i] += day.counts[i];
  }
  return found;
}

}  // namespace authd::auth
