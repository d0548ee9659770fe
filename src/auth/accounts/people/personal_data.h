// Everything stored about a person, for that person (GDPR articles 15 and 20), except secrets.
#pragma once

#include <optional>
#include <vector>

#include "auth/accounts/account/accounts.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// The maximum number of audit entries in one export, and how many of the newest entries are
// searched.
inline constexpr size_t kMaxExportedEntries = 1000;
inline constexpr uint64_t kMaxLookedAt = 100'000;

struct PersonalData {
  AccountView account;
  std::optional<tables::Avatar> avatar;
  Time totp_since;  // Time{}: no app
  size_t recovery_codes = 0;
  std::vector<tables::Passkey> passkeys;
  std::vector<tables::Identity> identities;
  std::vector<tables::Session> sessions;
  std::vector<tables::Device> devices;
  std::vector<tables::ApiKey> api_keys;
  std::vector<tables::Consent> consents;  // what applications were allowed
  std::vector<tables::Grant> grants;      // what they have now
  std::vector<tables::AuditEntry> audit;  // the person is actor or subject; newest first
};

// Errors: `forbidden`, "reauthentication_required"; `not_found` when the account no longer exists.
Result<PersonalData> personal_data(const Services& s, const Person& caller, const Origin& origin);

}  // namespace authd::auth
