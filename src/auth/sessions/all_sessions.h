// The sessions of everybody: who is signed in now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/sessions/sessions.h"
#include "base/ip_address.h"

namespace authd::auth {

struct SessionFilter {
  std::optional<tables::SessionKind> kind;
  std::optional<Network> network;  // that the session was last used from
  Time used_since;                 // used since then
  std::string after;               // begin after the session with this raw id; empty: at the first
  size_t limit = 100;
};

struct SessionPage {
  std::vector<LiveSession> sessions;
  std::string next;  // the raw id for `after`; empty: this was the last page
};

// Live sessions, in the order of their ids, which are random: a session that begins in the meantime
// may belong on a page that was read before.
Result<SessionPage> list_all_sessions(const Services& s, const SessionFilter& filter, Time now);

}  // namespace authd::auth
