#include "auth/accounts/profile/own_activity.h"

#include <algorithm>
#include <array>

#include "auth/core/audit/audit.h"

namespace authd::auth {
namespace {

constexpr size_t kSlice = 1'000;  // entries that one read looks at
constexpr size_t kMaxSlices = 10;
// A sign-up takes its time between its entry's and the account's; a password hash is computed.
constexpr Milliseconds kSignUp = std::chrono::minutes(1);

// The actions whose target is the person's own: the name of a passkey, an API key, a provider, an
// application or a role. Others may name what only administrators see.
constexpr auto kToldTargets = std::to_array<std::string_view>({
    "api_key_added",
    "api_key_revoked",
    "client_entered",
    "code_reused",
    "consent_given",
    "federated_login",
    "grant_ended",
    "identity_link_asked",
    "identity_linked",
    "identity_unlinked",
    "passkey_added",
    "passkey_clone_suspected",
    "passkey_removed",
    "refresh_token_repeated",
    "refresh_token_reused",
    "role_granted",
    "role_revoked",
});

DoneBy done_by(const tables::AuditEntry& entry) {
  if (!entry.operator_name.empty()) return DoneBy::operator_;
  if (!entry.actor) return DoneBy::unknown;
  return entry.actor == entry.subject ? DoneBy::owner : DoneBy::administrator;
}

OwnEvent event_of(const tables::AuditEntry& entry) {
  OwnEvent event;
  event.number = entry.number;
  event.at = entry.at;
  event.action = entry.action;
  event.outcome = entry.outcome;
  event.by = done_by(entry);
  const bool is_of_client = event.by == DoneBy::owner || event.by == DoneBy::unknown;
  if (is_of_client) event.address = entry.address;
  if (std::ranges::find(kToldTargets, entry.action) != kToldTargets.end())
    event.target = entry.target;
  return event;
}

}  // namespace

Result<OwnActivity> list_own_activity(const Services& s, const tables::User& user, uint64_t before,
                                      size_t limit) {
  OwnActivity activity;
  activity.next = before;
  bool is_over = false;
  for (size_t i = 0; i < kMaxSlices && !is_over && activity.events.size() < limit; ++i) {
    std::vector<OwnEvent> found;
    Time oldest;
    const uint64_t next = TRY(s.store.read([&](store::ReadTxn& tx) -> Result<uint64_t> {
      found.clear();
      is_over = false;
      return look_back(tx, activity.next, kSlice, [&](const tables::AuditEntry& entry) {
        oldest = entry.at;
        // An id is never given twice, so nothing older is about this account.
        is_over = entry.at + kSignUp < user.created_at;
        if (!is_over && entry.subject == user.id) found.push_back(event_of(entry));
        return !is_over && activity.events.size() + found.size() < limit;
      });
    }));
    std::ranges::move(found, std::back_inserter(activity.events));
    activity.next = is_over ? 0 : next;
    is_over = activity.next == 0;
    if (oldest != Time{}) activity.looked_to = oldest;
  }
  return activity;
}

}  // namespace authd::auth
