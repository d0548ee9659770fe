#include "tables/rows/session_life.h"

#include <algorithm>

namespace authd::tables {

std::optional<Time> idle_end(const Session& session, const User& user) {
  if (session.idle_ms == 0) return std::nullopt;
  const Time seen = std::max({user.last_activity, session.rotated_at, session.auth_time});
  return seen + Milliseconds(session.idle_ms) + kActivityLag;
}

}  // namespace authd::tables
