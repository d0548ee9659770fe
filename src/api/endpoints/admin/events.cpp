// GET admin/events: the audit log as it goes on, for programs that pass it on
#include "api/core/forms.h"
#include "api/core/render.h"
#include "api/endpoints/endpoints.h"
#include "auth/core/audit/audit_follow.h"
#include "config/reading/values.h"

namespace authd::api {
namespace {

constexpr std::string_view kStart = "start";
// Within what proxies usually wait for a reply.
constexpr Milliseconds kLongestWait{60'000};

Result<auth::AuditPlace> place_of(const Context& context) {
  const std::optional<std::string_view> after = context.request.query("after");
  if (!after) return auth::end_of_audit(context.auth());
  if (*after == kStart) return auth::AuditPlace{};
  return auth::parse_audit_place(*after, "after");
}

Result<Milliseconds> wait_of(const Context& context) {
  const std::optional<std::string_view> wait = context.request.query("wait");
  if (!wait) return Milliseconds(0);
  const Result<Milliseconds> parsed = config::parse_duration(*wait);
  if (parsed && *parsed <= kLongestWait) return *parsed;
  return Error{ErrorCode::invalid, "This must be a duration of at most 60s, such as 25s.", "wait"};
}

}  // namespace

// ?after=&wait=&limit= → {events, next}, the oldest first
Result<http::Reply> follow_events(const Context& context) {
  const http::Request& request = context.request;
  const size_t limit = TRY(page_size(context));
  const Milliseconds wait = TRY(wait_of(context));
  const auth::AuditPlace after = TRY(place_of(context));
  const auth::FollowedAudit found = TRY(auth::follow_audit(context.auth(), after, limit));
  const SteadyTime until = request.received + wait;
  const bool waits = found.entries.empty() && context.auth().clock.steady_now() < until;
  // Without a place in the request, the one that it means must not move while it waits.
  if (waits && request.may_park && request.query("after")) return http::Reply::parked(until);
  JsonWriter json;
  write_page(json, "events", found.entries, &write_audit_entry, auth::text_of_place(found.next));
  return http::Reply::json(200, std::move(json));
}

}  // namespace authd::api
