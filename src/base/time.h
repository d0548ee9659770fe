// Points in time and their source. Code never asks the machine for the time: it gets a Clock (once
// per request: `const Time now = s.clock.now()`) or a Time. `make lint` enforces it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace authd {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

// Wall-clock time, UTC, in milliseconds since 1970; used for everything that is stored or sent.
using Time = std::chrono::sys_time<Milliseconds>;

// Monotonic time, for deadlines and durations inside one process only.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual SteadyTime steady_now() const = 0;
};

// The machine's clocks. Thread-safe; one shared instance is enough.
class SystemClock final : public Clock {
 public:
  Time now() const override;
  SteadyTime steady_now() const override;
};

// "2026-11-21T04:20:00Z" (RFC 3339, UTC, whole seconds; milliseconds are cut, not rounded).
std::string format_rfc3339(Time time);
// The same with milliseconds: "2026-11-21T04:20:00.007Z"; none if they are 0.
std::string format_rfc3339_exact(Time time);

// The inverse, for "…Z" and numeric offsets, with or without a fraction; nullopt if the text is not
// an RFC 3339 date-time.
std::optional<Time> parse_rfc3339(std::string_view text);

// Seconds since 1970, as JWTs carry them (RFC 7519 section 2, NumericDate).
int64_t unix_seconds(Time time);
Time from_unix_seconds(int64_t seconds);

}  // namespace authd
