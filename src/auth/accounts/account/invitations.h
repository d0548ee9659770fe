// Invitations: a link with which somebody creates an account, even if signup.enabled is false, with
// the roles that the invitation carries. Whatever way in the account begins with (a password, a
// passkey, another provider, a mailbox) uses it up, in the transaction that makes the account.
//
// A link that was mailed to an address, and was shown to nobody, proves the address. An
// administrator's invitation becomes void when they are no longer an administrator.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/account/accounts.h"
#include "auth/core/services.h"

namespace authd::auth {

inline constexpr std::chrono::hours kInvitationLife{24 * 7};
inline constexpr std::chrono::hours kMinInvitationLife{1};
inline constexpr std::chrono::hours kMaxInvitationLife{24 * 90};
inline constexpr uint64_t kMaxInvitationUses = 10'000;
inline constexpr size_t kMaxInvitationRoles = 8;

struct NewInvitation {
  std::string email = {};               // empty: for whoever has the link
  std::vector<std::string> roles = {};  // beyond "user"
  uint64_t uses = 1;                    // 1 with an email
  Milliseconds life = kInvitationLife;  // kMinInvitationLife to kMaxInvitationLife
  bool sends_mail = false;              // to `email`; then nobody else sees the link
};

struct MadeInvitation {
  tables::Invitation row;
  std::string url;  // the link, a secret; empty: it was mailed
};

// Errors: `invalid` with the field "email", "roles", "uses" or "expires_in"; `not_found` for a
// role; `conflict`, "email_taken"; `forbidden`, "beyond_api_key", for an API key that would invite
// an administrator.
Result<MadeInvitation> invite(const Services& s, const NewInvitation& wanted, const Origin& origin);

// Refuses what invite() would refuse, and writes nothing. Errors: as invite().
Result<void> check_invitation(const Services& s, const NewInvitation& wanted, const Origin& origin);

// The newest first, with those that are used up, until they expire.
Result<std::vector<tables::Invitation>> list_invitations(const Services& s);

// For people and programs: the row's id as text.
std::string invitation_text(const tables::Invitation& row);

// Error: `not_found`.
Result<void> revoke_invitation(const Services& s, std::string_view id, const Origin& origin);

// What the page of the link shows. Errors: `unauthenticated`, "invalid_code"; `rate_limited`.
Result<tables::Invitation> look_at_invitation(const Services& s, const OneTimeSecret& token,
                                              const Origin& origin);

// The addresses, as folded_login() gives them, of the invitations for one address that still make
// an account.
Result<std::set<std::string>> invited_addresses(const Services& s);

// The invitation with this id, if it still makes an account.
std::optional<tables::Invitation> find_good_invitation(store::Reader& tx, std::string_view id,
                                                       Time now);

// The invitation of a sign-up, before its write; nullopt if it has none. Errors: `unauthenticated`,
// "invalid_code"; `invalid`, "email", for another address than the invited one.
Result<std::optional<tables::Invitation>> invitation_of(const Services& s,
                                                        const NewAccount& account,
                                                        const Origin& origin);

// Counts a use, in the write that makes the account; returns the names of its roles that there
// are. Error: `unauthenticated`, "invalid_code", if it was used up or revoked in the meantime.
Result<std::vector<std::string>> use_invitation(store::WriteTxn& tx, std::string_view id, Time now);

}  // namespace authd::auth
