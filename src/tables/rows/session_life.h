// How long a session lives while nobody uses it.
#pragma once

#include <optional>

#include "tables/rows/rows.h"

namespace authd::tables {

// How far users' `last_activity` may lag behind (auth/core/activity.h).
inline constexpr Milliseconds kActivityLag = std::chrono::minutes(1);

// When the session ends unless its user is active before then; nullopt: never.
std::optional<Time> idle_end(const Session& session, const User& user);

}  // namespace authd::tables
