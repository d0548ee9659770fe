// The identities at other providers with which a user signs in: listed and removed by the user or
// an administrator. Signing in adds them (federation.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// Empty when the user does not exist.
Result<std::vector<tables::Identity>> list_identities(const Services& s, UserId user);

// The identity of the person at the provider, if its user exists and it was not ended
// (auth/core/ways.h).
std::optional<tables::Identity> find_live_identity(store::Reader& tx, std::string_view provider,
                                                   std::string_view subject);
// The user's identity at the provider, and all identities of the user. `user` may not be written
// yet.
std::optional<tables::Identity> find_live_identity_of(store::Reader& tx, const tables::User& user,
                                                      std::string_view provider);
std::vector<tables::Identity> live_identities_of(store::ReadTxn& tx, const tables::User& user);

// Removes one, ends the other sessions and mails the owner. Errors: `forbidden`,
// "reauthentication_required"; `not_found`; `conflict`, "last_login_method", when neither a
// password nor the identity of another provider would remain.
Result<void> unlink_identity(const Services& s, const Person& caller, std::string_view provider,
                             const Origin& origin);

// The same for an administrator; ends all sessions. Errors: `not_found`; `conflict` as above;
// `forbidden`, "beyond_api_key" (auth/core/key_reach.h).
Result<void> unlink_user_identity(const Services& s, UserId user, std::string_view provider,
                                  const Origin& origin);

// An identity to be linked to the account with its email, by the transaction that completes the
// login. So somebody who only has an account with this email at the provider, but not the second
// factor, does not get a permanent way in.
struct PendingLink {
  tables::Identity identity;
  std::optional<tables::Mail> notice;
};

// False for an administrator's account: only somebody who is signed in to it links a provider.
bool may_link_by_email(store::Reader& tx, const tables::User& user);

// Links it, unless it already belongs to the user. Errors: `conflict`, "account_exists" when the
// email, the provider or the identity's user has changed by now, or "provider_linked" when the user
// has another identity at this provider.
Result<void> link_identity(const Services& s, store::WriteTxn& tx, const PendingLink& link,
                           const tables::User& user, const Origin& origin, Time now);

// Stores the identity for the user, replacing an ended one or one left behind by a deleted user.
void keep_identity(store::WriteTxn& tx, const tables::User& user, tables::Identity identity);
inline constexpr size_t kKeepIdentityWrites =
    decltype(tables::identities)::kDelWrites + decltype(tables::identities)::kPutWrites;

// Passes the link on to the request that answers the challenge.
void carry_link(const tables::Identity& identity, tables::Challenge& challenge);
std::optional<PendingLink> carried_link(const Services& s, const tables::Challenge& challenge,
                                        const tables::User& user, const Origin& origin, Time now);

// The mail that tells the owner what happened ("added", "removed"); nullopt without an address.
std::optional<tables::Mail> identity_notice(const Services& s, const tables::User& user,
                                            std::string_view provider, const std::string& word,
                                            const Origin& origin, Time now);

}  // namespace authd::auth
