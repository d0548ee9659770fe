// Which usernames people may give themselves. Applications behind forward auth see the username,
// and many of them take "admin" for their own administrator, or know a person by the name for
// years. So some names are reserved (signup.reserved_usernames), and a name that was given up, by
// renaming or deleting the account, stays with its last holder for a while
// (signup.username_retention).
//
// None of this binds administrators: what they name an account is their decision.
#pragma once

#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Whether `self` (0: a new account) may take the name, as far as these rules go. Errors:
// `conflict`, field "username", "username_reserved", or "username_taken" for one that is kept, in
// the words of check_names_free(), because nobody needs to know which of both it is.
Result<void> check_username_allowed(const Services& s, store::Reader& tx, std::string_view username,
                                    std::optional<UserId> self, Time now);

// Keeps a name for its last holder. Without a holder it is kept from everybody: a sign-up whose
// email had an account takes its name away like any other sign-up, so that trying the name again
// does not show which it was.
inline constexpr size_t kKeepUsernameWrites = decltype(tables::kept_usernames)::kPutWrites;
void keep_username(const Services& s, store::WriteTxn& tx, std::string_view username,
                   std::optional<UserId> holder, Time now);

Error username_taken();

}  // namespace authd::auth
