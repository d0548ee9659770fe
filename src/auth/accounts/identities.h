// The identities at other providers by which a user signs in: listed and taken away by the user.
// They come by signing in (federation.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// None when there is no such user.
Result<std::vector<tables::Identity>> list_identities(const Services& s, UserId user);

// The person at the provider, as long as the user is there and it was not ended
// (auth/core/ways.h).
std::optional<tables::Identity> find_live_identity(store::Reader& tx, std::string_view provider,
                                                   std::string_view subject);
// The user's at the provider, and all of the user: `user` may be on its way to the store.
std::optional<tables::Identity> find_live_identity_of(store::Reader& tx, const tables::User& user,
                                                      std::string_view provider);
std::vector<tables::Identity> live_identities_of(store::ReadTxn& tx, const tables::User& user);

// Takes one away, ends the other sessions and mails the owner. Errors: `forbidden`,
// "reauthentication_required"; `not_found`; `conflict`, "last_login_method", when neither a
// password nor the identity of another provider would be left.
Result<void> unlink_identity(const Services& s, const Person& caller, std::string_view provider,
                             const Origin& origin);

// An identity that is to be linked with the account that has its email, by the transaction that
// ends the login. Whoever only has an account with this email at the provider, and not the second
// factor, gets no lasting way in.
struct PendingLink {
  tables::Identity identity;
  std::optional<tables::Mail> notice;
};

// Links it, unless it is the user's already. Errors: `conflict`,
// "account_exists" when email, provider or the identity's user is another one by now, or
// "provider_linked" when the user has another identity at this provider.
Result<void> link_identity(const Services& s, store::WriteTxn& tx, const PendingLink& link,
                           const tables::User& user, const Origin& origin, Time now);

// Puts an identity as the user's, in place of what was ended or a user who is gone left behind.
void keep_identity(store::WriteTxn& tx, const tables::User& user, tables::Identity identity);
inline constexpr size_t kKeepIdentityWrites =
    decltype(tables::identities)::kDelWrites + decltype(tables::identities)::kPutWrites;

// A challenge carries the link to the request that answers it.
void carry_link(const tables::Identity& identity, tables::Challenge& challenge);
std::optional<PendingLink> carried_link(const Services& s, const tables::Challenge& challenge,
                                        const tables::User& user, Time now);

// The mail that tells the owner what was done ("added", "removed"); nullopt without an address.
std::optional<tables::Mail> identity_notice(const Services& s, const tables::User& user,
                                            std::string_view provider, std::string_view change,
                                            Time now);

}  // namespace authd::auth
