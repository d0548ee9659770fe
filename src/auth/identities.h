// The identities at other providers by which a user signs in: listed and taken away by the user.
// They come by signing in (federation.h).
#pragma once

#include <string_view>
#include <vector>

#include "auth/access_token.h"
#include "auth/services.h"

namespace authd::auth {

Result<std::vector<tables::Identity>> list_identities(const Services& s, UserId user);

// Takes one away, ends the other sessions and mails the owner. Errors: `forbidden`,
// "reauthentication_required"; `not_found`; `conflict`, "last_login_method", when neither a
// password nor the identity of another provider would be left.
Result<void> unlink_identity(const Services& s, const Caller& caller, std::string_view provider,
                             const Origin& origin);

// The mail that tells the owner what was done ("added", "removed"); nullopt without an address.
std::optional<tables::Mail> identity_notice(const Services& s, const tables::User& user,
                                            std::string_view provider, std::string_view change,
                                            Time now);

}  // namespace authd::auth
