// What happened here, day by day, for the charts of the administration. Alerts need more, and at
// once: /metrics has it.
//
// A day is one of UTC. The server adds what its counters (auth/core/counters.h) have gained to the
// row of the day on which it adds: once a minute, and when it stops. So no login writes a row for
// the statistics. A commit that fails loses nothing: the next one adds its counts as well. A
// process that is killed loses what it has not added. Commands add nothing.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "auth/core/services.h"

namespace authd::auth {

// The places in tables::DayCounts::counts. They are stored on disk, so never change one.
enum class DayCount : size_t {
  signups = 0,
  logins_password = 1,  // by the method with which the login began
  logins_passkey = 2,
  logins_email_link = 3,
  logins_email_code = 4,
  logins_providers = 5,
  logins_refused = 6,
  logins_disabled = 7,
  second_factors_refused = 8,  // of logins_refused
  mails_sent = 9,
  mails_dead = 10,  // given up
};
inline constexpr size_t kDayCounts = 11;

// The places in tables::DayCounts::levels, likewise.
enum class DayLevel : size_t {
  users = 0,
  active_day = 1,     // users with activity on this day, as far as it had come
  active_month = 2,   // and those of the last 30 days, this one included
  second_factor = 3,  // users with an app, a security key or a passkey
  store_bytes = 4,
};
inline constexpr size_t kDayLevels = 5;

// Their names in the API, by their places.
std::string_view word_of(DayCount count);
std::string_view word_of(DayLevel level);

// How long a day stays.
inline constexpr size_t kKeptDays = 400;

// Adds what the counters have gained since the last addition to today's row. Returns whether there
// was anything. Only one thread of a process calls it.
Result<bool> add_day_counts(const Services& s, Time now);

// Writes today's levels. Reads one short row of everybody, as a search does, and the keys of all
// passkeys.
Result<void> note_day_levels(const Services& s, Time now);

struct DayOfStatistics {
  uint64_t day = 0;  // since 1970-01-01
  std::array<uint64_t, kDayCounts> counts{};
  std::array<std::optional<uint64_t>, kDayLevels> levels{};  // nullopt: nobody looked on that day
};
struct Statistics {
  std::vector<DayOfStatistics> days;  // one for each day, the oldest first, today last
  std::array<uint64_t, kDayCounts> totals{};
};
// The last `days` days up to the one of `now`: 1 to kKeptDays.
Result<Statistics> statistics_of(const Services& s, size_t days, Time now);

}  // namespace authd::auth
