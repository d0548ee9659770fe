#include "auth/personal_data.h"

#include "auth/api_keys.h"
#include "auth/audit.h"
#include "auth/identities.h"
#include "auth/sessions.h"
#include "auth/step_up.h"

namespace authd::auth {
namespace {

// Entries that one read transaction looks at: it pins the pages that others free meanwhile.
constexpr uint64_t kLookBatch = 5'000;

Result<std::vector<tables::AuditEntry>> entries_of(const Services& s, UserId user) {
  std::vector<tables::AuditEntry> found;
  uint64_t before = 0;
  for (uint64_t looked = 0; looked < kMaxLookedAt; looked += kLookBatch) {
    std::vector<tables::AuditEntry> page;
    before = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
      page.clear();
      return look_back(tx, before, kLookBatch, [&](tables::AuditEntry& entry) {
        if (entry.actor == user || entry.subject == user) page.push_back(std::move(entry));
        return found.size() + page.size() < kMaxExportedEntries;
      });
    }));
    std::move(page.begin(), page.end(), std::back_inserter(found));
    if (before == 0 || found.size() >= kMaxExportedEntries) break;
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
    const auto factors = tables::factors.find(tx, tables::big_endian(id.value));
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
