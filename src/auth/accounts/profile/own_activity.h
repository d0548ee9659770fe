// What the audit log tells people about their own account: that somebody signed in, from where, and
// what was changed. It says that an administrator did something, but not which one, nor from where.
#pragma once

#include <string>
#include <vector>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

enum class DoneBy {
  owner,
  administrator,  // somebody else who was signed in, or one of their API keys
  operator_,      // a command on the server
  unknown,        // nobody was signed in: a failed login, a mail that was asked for
};

struct OwnEvent {
  uint64_t number = 0;
  Time at;
  std::string action;   // of audit_actions.h
  std::string outcome;  // "ok", or why not
  DoneBy by = DoneBy::unknown;
  // Of the client, unless somebody else than the owner was known to be there; empty: none.
  std::string address;
  std::string
      target;  // the name of what it was about: a passkey, a provider, a client; may be empty
};

struct OwnActivity {
  std::vector<OwnEvent> events;  // newest first
  // For the `before` of the next call; 0: there is no more. A call looks at a bounded number of
  // entries, which are of everybody: it may give fewer events than asked for, even none, and still
  // a `next`.
  uint64_t next = 0;
  Time looked_to;  // the time of the oldest entry that this call has looked at; no time: of none
};

// The events about the user before the entry `before` (0: all), as far back as the account.
Result<OwnActivity> list_own_activity(const Services& s, const tables::User& user, uint64_t before,
                                      size_t limit);

}  // namespace authd::auth
