#include "auth/accounts/personal_data.h"

#include "auth/accounts/api_keys.h"
#include "auth/accounts/identities.h"
#include "auth/accounts/second_factor.h"
#include "auth/core/audit.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"

namespace authd::auth {
namespace {

// Entries that one read transaction looks at: it pins the pages that others free meanwhile.
constexpr uint64_t kLookBatch = 5'000;

Result<std::vector<tables::AuditEntry>> entries_of(const Services& s, UserId user) {
  std::vector<tables::AuditEntry> found;
  std::optional<uint64_t> next;  // none yet: the newest
  uint64_t looked = 0;
  bool is_end = false;
  while (!is_end) {
    TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
      const auto head = tables::audit_heads.find(tx, "current").value_or(tables::AuditHead{});
      if (!next) next = head.last;
      for (uint64_t i = 0; i < kLookBatch && !is_end; ++i, --*next, ++looked) {
        is_end = *next < head.first || *next == 0 || looked >= kMaxLookedAt ||
                 found.size() >= kMaxExportedEntries;
        if (is_end) break;
        auto entry = tables::audit_entries.find(tx, tables::big_endian(*next));
        if (entry && (entry->actor == user || entry->subject == user)) {
          found.push_back(std::move(*entry));
        }
      }
      return {};
    }));
  }
  return found;
}

}  // namespace

Result<PersonalData> personal_data(const Services& s, const Caller& caller, const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const UserId id = caller.user().id;
  // Before it is read, so that the export tells of itself.
  TRY(audit_alone(s, origin, {"personal_data_exported", id}));
  PersonalData data;
  data.account = TRY(view_account(s, id));
  TRY(s.store.read([&](store::ReadTxn& tx) -> Result<void> {
    data.avatar = tables::avatars.find(tx, tables::big_endian(id.value));
    const auto factors = find_live_factors(tx, data.account.user);
    if (factors && !factors->totp.empty()) {
      data.totp_since = factors->totp_since;
      data.recovery_codes = factors->recovery_macs.size();
    }
    return {};
  }));
  data.identities = TRY(list_identities(s, id));
  data.sessions = TRY(list_sessions(s, id, now));
  data.api_keys = TRY(list_api_keys(s, id));
  data.audit = TRY(entries_of(s, id));
  return data;
}

}  // namespace authd::auth
