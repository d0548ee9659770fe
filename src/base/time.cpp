#include "base/time.h"

#include <cstdio>

namespace authd {
namespace {

// Two digits at `at`, or -1.
int two_digits(std::string_view text, size_t at) {
  if (at + 2 > text.size()) return -1;
  const char a = text[at];
  const char b = text[at + 1];
  if (a < '0' || a > '9' || b < '0' || b > '9') return -1;
  return (a - '0') * 10 + (b - '0');
}

bool has_char(std::string_view text, size_t at, std::string_view one_of) {
  return at < text.size() && one_of.find(text[at]) != std::string_view::npos;
}

// Reads ".123…" at `at` as milliseconds, and moves `at` past it.
std::optional<int> take_fraction(std::string_view text, size_t& at) {
  if (!has_char(text, at, ".")) return 0;
  int milliseconds = 0;
  int weight = 100;
  const size_t first = ++at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    milliseconds += (text[at] - '0') * weight;
    weight /= 10;
    ++at;
  }
  if (at == first) return std::nullopt;
  return milliseconds;
}

// "Z" or "+hh:mm" at `at` to the end, in minutes east.
std::optional<int> take_offset(std::string_view text, size_t at) {
  if (has_char(text, at, "Zz")) return at + 1 == text.size() ? std::optional(0) : std::nullopt;
  if (!has_char(text, at, "+-") || !has_char(text, at + 3, ":") || at + 6 != text.size()) {
    return std::nullopt;
  }
  const int hours = two_digits(text, at + 1);
  const int minutes = two_digits(text, at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

Time SystemClock::now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() const {
  return std::chrono::steady_clock::now();
}

std::string format_rfc3339(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<Seconds>(time - day));
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string format_rfc3339_exact(Time time) {
  std::string text = format_rfc3339(time);
  const auto milliseconds = (time.time_since_epoch() % Seconds(1)).count();
  if (milliseconds == 0) return text;
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(milliseconds));
  text.pop_back();
  return text + fraction;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const int century = two_digits(text, 0);
  const int of_century = two_digits(text, 2);
  const int month = two_digits(text, 5);
  const int day_number = two_digits(text, 8);
  const int hour = two_digits(text, 11);
  const int minute = two_digits(text, 14);
  const int second = two_digits(text, 17);
  if (century < 0 || of_century < 0 || month < 0 || day_number < 0 || hour < 0 || minute < 0 ||
      second < 0 || !has_char(text, 4, "-") || !has_char(text, 7, "-") ||
      !has_char(text, 10, "Tt ") || !has_char(text, 13, ":") || !has_char(text, 16, ":")) {
    return std::nullopt;
  }
  size_t at = 19;
  const std::optional<int> fraction = take_fraction(text, at);
  const std::optional<int> offset = take_offset(text, at);
  const year_month_day date(year(century * 100 + of_century),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day_number)));
  // A leap second (60) is read as the second after (RFC 3339 section 5.7 allows it in the text).
  if (!fraction || !offset || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return Time(sys_days(date)) + hours(hour) + minutes(minute) + Seconds(second) +
         Milliseconds(*fraction) - minutes(*offset);
}

int64_t unix_seconds(Time time) {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}

Time from_unix_seconds(int64_t seconds) {
  // Beyond the year 9999 (a hostile "exp") the milliseconds would overflow: clamp.
  constexpr int64_t kLast = 253'402'300'799;
  if (seconds > kLast) seconds = kLast;
  if (seconds < -kLast) seconds = -kLast;
  return Time(Seconds(seconds));
}

}  // namespace authd
