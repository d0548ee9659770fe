// "Sign out everywhere else": all sessions of an account end but the one that asks for it.
#pragma once

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// Ends what end_all_sessions() in sessions.h ends, except the caller's session. Error:
// `unauthenticated`, if that has ended in the meantime.
Result<void> end_sessions_elsewhere(const Services& s, const Person& caller, const Origin& origin);

}  // namespace authd::auth
