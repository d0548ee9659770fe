// What happened here, day by day: /api/v1/admin/statistics
#include "api/core/forms.h"
#include "api/endpoints/endpoints.h"
#include "auth/upkeep/day_counts.h"

namespace authd::api {
namespace {

constexpr uint64_t kDefaultDays = 30;

// "2026-11-30"
std::string date_of(uint64_t day) {
  constexpr size_t kDate = 10;
  return format_rfc3339(Time(std::chrono::days(day))).substr(0, kDate);
}

void write_counts(JsonWriter& json, std::string_view name,
                  const std::array<uint64_t, auth::kDayCounts>& counts) {
  json.key(name).begin_object();
  for (size_t i = 0; i < counts.size(); ++i)
    json.field(word_of(static_cast<auth::DayCount>(i)), counts[i]);
  json.end_object();
}

void write_day(JsonWriter& json, const auth::DayOfStatistics& day) {
  json.begin_object().field("day", date_of(day.day));
  write_counts(json, "counts", day.counts);
  json.key("levels").begin_object();
  for (size_t i = 0; i < day.levels.size(); ++i) {
    json.key(word_of(static_cast<auth::DayLevel>(i)));
    day.levels[i] ? json.value(*day.levels[i]) : json.null();
  }
  json.end_object().end_object();
}

}  // namespace

// GET admin/statistics?days= → {days, totals}, the oldest day first
Result<http::Reply> show_statistics(const Context& context) {
  const uint64_t days = TRY(number_of(context, "days", kDefaultDays));
  if (days < 1 || days > auth::kKeptDays) {
    return Error{ErrorCode::invalid, "\"days\" must be between 1 and 400.", "days"};
  }
  const auto& s = context.auth();
  const auth::Statistics found = TRY(auth::statistics_of(s, days, s.clock.now()));
  JsonWriter json;
  json.begin_object().key("days").begin_array();
  for (const auth::DayOfStatistics& day : found.days)
    write_day(json, day);
  json.end_array();
  write_counts(json, "totals", found.totals);
  json.end_object();
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
