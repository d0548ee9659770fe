#include "auth/accounts/people/personal_data.h"

#include <type_traits>

#include "auth/accounts/account/api_keys.h"
#include "auth/accounts/changes/passkeys.h"
#include "auth/accounts/factors/stored_factors.h"
#include "auth/accounts/names/identities.h"
#include "auth/core/audit/audit.h"
#include "auth/sessions/known_devices.h"
#include "auth/sessions/sessions.h"
#include "auth/sessions/step_up.h"
#include "tables/owned.h"

namespace authd::auth {
namespace {

// Entries read in one read transaction, which keeps pages from being reused while it is open.
constexpr uint64_t kLookBatch = 5'000;

// Rows of a table that applications fill.
constexpr size_t kMaxExportedRows = 1000;

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

// Collects the rows that a user owns: one function for each table. A new table without a function
// here does not compile.
struct Collecting {
  const Services& s;
  UserId user;
  Time now;
  PersonalData& data;

  Result<void> add(std::type_identity<tables::Avatar>) {
    using Found = std::optional<tables::Avatar>;
    data.avatar = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Found> {
      return tables::avatars.find(tx, tables::big_endian(user.value));
    }));
    return {};
  }
  Result<void> add(std::type_identity<tables::Factors>) {
    using Found = std::optional<tables::Factors>;
    const Found factors = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Found> {
      return find_live_factors(tx, data.account.user);
    }));
    if (!factors || factors->totp.empty()) return {};
    data.totp_since = factors->totp_since;
    data.recovery_codes = factors->recovery_macs.size();
    return {};
  }
  Result<void> add(std::type_identity<tables::Passkey>) {
    data.passkeys = TRY(list_passkeys(s, user));
    return {};
  }
  Result<void> add(std::type_identity<tables::Identity>) {
    data.identities = TRY(list_identities(s, user));
    return {};
  }
  // They are in the view of the account.
  Result<void> add(std::type_identity<tables::UserAttributes>) { return {}; }
  Result<void> add(std::type_identity<tables::Session>) {
    data.sessions = TRY(list_sessions(s, user, now));
    return {};
  }
  Result<void> add(std::type_identity<tables::Device>) {
    data.devices = TRY(list_devices(s, user, now));
    return {};
  }
  Result<void> add(std::type_identity<tables::ApiKey>) {
    data.api_keys = TRY(list_api_keys(s, user));
    return {};
  }
  Result<void> add(std::type_identity<tables::Consent>) {
    return copy(tables::consents, data.consents);
  }
  Result<void> add(std::type_identity<tables::Grant>) { return copy(tables::grants, data.grants); }
  // Only a mark for the job that erases invalid rows; there is nothing to report.
  Result<void> add(std::type_identity<tables::EndedWays>) { return {}; }

 private:
  template <typename T>
  Result<void> copy(const T& table, std::vector<typename T::RowType>& rows) {
    using Rows = std::vector<typename T::RowType>;
    rows = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<Rows> {
      return tables::rows_of(tx, table, user, kMaxExportedRows);
    }));
    return {};
  }
};

Result<void> collect(Collecting collecting) {
  Result<void> outcome;
  tables::for_each_owned_table([&]<typename T>(const T&) {
    if (outcome) outcome = collecting.add(std::type_identity<typename T::RowType>());
  });
  return outcome;
}

}  // namespace

Result<PersonalData> personal_data(const Services& s, const Person& caller, const Origin& origin) {
  const Time now = s.clock.now();
  TRY(require_fresh_proof(caller, now));
  const UserId id = caller.user().id;
  // Before the data is read, so that the export includes itself.
  TRY(audit_alone(s, origin, {"personal_data_exported", id}));
  PersonalData data;
  data.account = TRY(view_account(s, id));
  TRY(collect({s, id, now, data}));
  data.audit = TRY(entries_of(s, id));
  return data;
}

}  // namespace authd::auth
