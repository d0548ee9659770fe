#include "base/time.h"

#include <catch2/catch.hpp>

using namespace authd;

namespace {

// Milliseconds since 1970 of a text, -1 if it is refused.
int64_t milliseconds_of(std::string_view text) {
  const std::optional<Time> time = parse_rfc3339(text);
  return time ? time->time_since_epoch().count() : -1;
}

}  // namespace

TEST_CASE("a time is formatted as RFC 3339 in UTC with whole seconds") {
  CHECK(format_rfc3339(from_unix_seconds(0)) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339(from_unix_seconds(1'795'234'800)) == "2026-11-21T04:20:00Z");
  CHECK(format_rfc3339(from_unix_seconds(951'782'400)) == "2000-02-29T00:00:00Z");
  CHECK(format_rfc3339(from_unix_seconds(253'402'300'799)) == "9999-12-31T23:59:59Z");
}

TEST_CASE("milliseconds are cut, not rounded, even before 1970") {
  CHECK(format_rfc3339(Time(Milliseconds(999))) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339(Time(Milliseconds(-1))) == "1969-12-31T23:59:59Z");
  CHECK(unix_seconds(Time(Milliseconds(1999))) == 1);
  CHECK(unix_seconds(Time(Milliseconds(-1))) == -1);
}

TEST_CASE("the examples of RFC 3339 section 5.8 are read") {
  CHECK(milliseconds_of("1985-04-12T23:20:50.52Z") == 482'196'050'520);
  CHECK(milliseconds_of("1996-12-19T16:39:57-08:00") == 851'042'397'000);
  CHECK(milliseconds_of("1996-12-20T00:39:57Z") == 851'042'397'000);
  CHECK(milliseconds_of("1990-12-31T23:59:60Z") == 662'688'000'000);
  CHECK(milliseconds_of("1990-12-31T15:59:60-08:00") == 662'688'000'000);
  CHECK(milliseconds_of("1937-01-01T12:00:27.87+00:20") == -1'041'337'172'130);
}

TEST_CASE("small letters, a space and a long fraction are read") {
  CHECK(milliseconds_of("1970-01-01t00:00:01z") == 1000);
  CHECK(milliseconds_of("1970-01-01 00:00:01Z") == 1000);
  CHECK(milliseconds_of("1970-01-01T00:00:01.2Z") == 1200);
  CHECK(milliseconds_of("1970-01-01T00:00:01.123456789Z") == 1123);
}

TEST_CASE("text that is not an RFC 3339 date-time is refused") {
  for (const char* text : {"",
                           "1970-01-01",
                           "1970-01-01T00:00:00",
                           "1970-01-01T00:00Z",
                           "1970-01-01T00:00:00.Z",
                           "1970-01-01T00:00:00ZZ",
                           "1970-01-01T00:00:00Z ",
                           " 1970-01-01T00:00:00Z",
                           "1970-1-01T00:00:00Z",
                           "1970-13-01T00:00:00Z",
                           "1970-00-01T00:00:00Z",
                           "1970-01-32T00:00:00Z",
                           "1970-01-00T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "1970-01-01T24:00:00Z",
                           "1970-01-01T00:60:00Z",
                           "1970-01-01T00:00:61Z",
                           "1970-01-01T00:00:00+24:00",
                           "1970-01-01T00:00:00+00:60",
                           "1970-01-01T00:00:00+0000",
                           "1970-01-01T00:00:00+00",
                           "-970-01-01T00:00:00Z",
                           "1970/01/01T00:00:00Z",
                           "1970-01-01X00:00:00Z",
                           "1970-01-01T00:00:0aZ",
                           "1970-01-01T00:00:00,5Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("every formatted time is read back") {
  for (int64_t seconds = 0; seconds < 253'402'300'799; seconds += 86'400 * 97 + 12'345) {
    const Time time = from_unix_seconds(seconds);
    REQUIRE(parse_rfc3339(format_rfc3339(time)) == time);
  }
}

TEST_CASE("seconds from outside that no date has are clamped instead of overflowing") {
  CHECK(format_rfc3339(from_unix_seconds(INT64_MAX)) == "9999-12-31T23:59:59Z");
  CHECK(from_unix_seconds(INT64_MIN) < from_unix_seconds(-253'402'300'798));
  CHECK_FALSE(format_rfc3339(from_unix_seconds(INT64_MIN)).empty());
}

TEST_CASE("the system clock returns a plausible time, and its steady time never goes back") {
  const SystemClock clock;
  CHECK(clock.now() > *parse_rfc3339("2024-01-01T00:00:00Z"));
  const SteadyTime before = clock.steady_now();
  CHECK(clock.steady_now() >= before);
}
