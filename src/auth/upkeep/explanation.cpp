#include "auth/upkeep/explanation.h"

#include "auth/core/audit/audit.h"
#include "auth/upkeep/retention.h"

namespace authd::auth {
namespace {

constexpr size_t kRecent = 10;

}  // namespace

void show_user(Explanation& told, const tables::User& user) {
  told.what = "account " + (user.username.empty() ? user.email : user.username);
  const auto time = [](Time at) { return at == Time{} ? "never" : format_rfc3339(at); };
  told.says = {{"id", std::to_string(user.id.value)},
               {"email", user.email},
               {"password changed", time(user.password_changed_at)},
               {"last activity", time(user.last_activity)}};
}

Result<void> show_retention(const Services& s, Explanation& told, UserId user) {
  const auto next = TRY(look_at_retention(s, user));
  if (next) told.says.emplace_back("if unused", in_words(*next));
  return {};
}

Result<void> show_recent(const Services& s, Explanation& told, UserId user) {
  AuditFilter filter;
  filter.user = user;
  filter.limit = kRecent;
  told.recent = TRY(list_audit(s, filter));
  return {};
}

void conclude(Explanation& told, std::string_view good) {
  for (const Trace::Step& step : told.trace.steps) {
    if (step.is_passed) continue;
    told.is_accepted = false;
    told.verdict = "refused: " + step.what + ": " + step.detail;
    return;
  }
  told.is_accepted = true;
  told.verdict = std::string(good);
}

}  // namespace authd::auth
