// What is stored of a person, for that person (GDPR articles 15 and 20): all but what is secret.
#pragma once

#include <optional>
#include <vector>

#include "auth/accounts/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Entries of the audit log in one export, and how many of the newest are looked at for them.
inline constexpr size_t kMaxExportedEntries = 1000;
inline constexpr uint64_t kMaxLookedAt = 100'000;

struct PersonalData {
  AccountView account;
  std::optional<tables::Avatar> avatar;
  Time totp_since;  // Time{}: there is no app
  size_t recovery_codes = 0;
  std::vector<tables::Identity> identities;
  std::vector<tables::Session> sessions;
  std::vector<tables::ApiKey> api_keys;
  std::vector<tables::AuditEntry> audit;  // that have the person as actor or subject, newest first
};

// Errors: `forbidden`, "reauthentication_required"; `not_found` when the account is gone.
Result<PersonalData> personal_data(const Services& s, const Person& caller, const Origin& origin);

}  // namespace authd::auth
