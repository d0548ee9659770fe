// The clock: recorded times must not be in the future, and other servers must agree.
#include <algorithm>

#include "auth/core/audit/audit.h"
#include "server/doctor/checks.h"
#include "tables/schema.h"

namespace authd::server::doctor {
namespace {

using namespace std::chrono_literals;

// Sessions, codes and tokens are counted in seconds; TOTP allows half a minute to either side.
constexpr Milliseconds kSlack = 30s;
constexpr Milliseconds kFar = 5min;
// No data of this program is older.
constexpr Time kEpoch = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// Entries of the audit log to examine. They sort by time, but by the clocks of several writers.
constexpr size_t kEntries = 100;

// The newest recorded time.
Result<Time> newest_time(store::Store& store) {
  return store.read([](store::ReadTxn& tx) -> Result<Time> {
    Time newest{};
    auth::look_back(tx, 0, kEntries, [&](const tables::AuditEntry& entry) {
      newest = std::max(newest, entry.at);
      return true;
    });
    tables::job_runs.scan(tx, "", "", [&](std::string_view, const tables::JobRun& run) {
      newest = std::max(newest, run.started_at);
      return true;
    });
    return newest;
  });
}

}  // namespace

void compare_clocks(Report& report, const std::string& whose, std::optional<Time> theirs,
                    Time ours) {
  if (!theirs) return;
  const Milliseconds apart = ours - *theirs;
  if (apart <= kSlack && apart >= -kSlack) return;
  const std::string text = "this machine's clock is " + in_words(apart) +
                           (apart > 0ms ? " ahead of" : " behind") + " that of " + whose;
  const char* advice = "set it with NTP (timedatectl set-ntp true)";
  if (apart > kFar || apart < -kFar) {
    report.fail(text + ": tokens are refused, or live too long", advice);
  } else {
    report.warn(text, advice);
  }
}

void check_clock(const Patient& patient, Report& report) {
  const Time now = patient.clock.now();
  if (now < kEpoch) {
    report.fail("the clock says " + format_rfc3339(now), "set it by NTP");
    return;
  }
  if (patient.store == nullptr) {
    report.ok("the clock says " + format_rfc3339(now));
    return;
  }
  const Result<Time> newest = newest_time(*patient.store);
  if (newest && *newest > now + kSlack) {
    report.fail("the clock was set back: something was written at " + format_rfc3339(*newest) +
                    ", " + in_words(*newest - now) + " from now",
                "set it right; until then limits and sessions may last longer than they should");
    return;
  }
  report.ok("the clock says " + format_rfc3339(now) + ", and nothing was written later");
}

}  // namespace authd::server::doctor
