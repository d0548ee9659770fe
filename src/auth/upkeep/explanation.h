// What `authd explain` reports (explain.h, explain_authorization.h): what was examined, the steps
// of the decision, and the verdict.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "tables/schema.h"

namespace authd::auth {

struct Explanation {
  std::string what;  // "access token", "account ann"
  // What the credential contains and what is known about it: names and values. Do not trust these
  // when the token is refused.
  std::vector<std::pair<std::string, std::string>> says;
  Trace trace;
  bool is_accepted = false;
  std::string verdict;                     // one sentence
  std::vector<tables::AuditEntry> recent;  // of the account, newest first
};

// Names the account, and says what is known about it.
void show_user(Explanation& told, const tables::User& user);

// Says when the account ends if nobody uses it (retention.h), if it does. Error: `not_found`.
Result<void> show_retention(const Services& s, Explanation& told, UserId user);

// The newest entries of the audit log about the account.
Result<void> show_recent(const Services& s, Explanation& told, UserId user);

// The first step that failed decides; `good` is the verdict if none did.
void conclude(Explanation& told, std::string_view good);

}  // namespace authd::auth
