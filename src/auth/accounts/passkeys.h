// The passkeys of a user: made, listed, named and removed. What they are is in stored_passkeys.h,
// what a response must be like in passkey_ceremony.h; signing in with one is in auth/signin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/passkey_ceremony.h"
#include "auth/accounts/stored_passkeys.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kUserHandleBytes = 32;

// What a page needs for navigator.credentials.create().
struct PasskeyStart {
  std::string challenge;                   // raw; bound to the session of the caller
  std::string user_handle;                 // raw
  std::vector<tables::Passkey> there_are;  // of which no authenticator makes a second one
  std::vector<int64_t> algorithms;         // as COSE writes them, in the order of preference
};
// Gives the user a handle if they have none. Errors: `forbidden`, "reauthentication_required";
// `conflict`, "too_many_passkeys".
Result<PasskeyStart> begin_passkey(const Services& s, const Person& caller);

// Stores the credential and mails the owner. Errors: as above; `invalid`, field "name"; `invalid`,
// "passkey_refused"; `conflict`, "passkey_exists", when somebody has a credential with this id.
Result<tables::Passkey> add_passkey(const Services& s, const Person& caller,
                                    const RelyingParty& party, const RegistrationResponse& response,
                                    std::string_view name, const Origin& origin);

// The refusal of every response that is not right: one text for every reason, which the audit log
// tells. `invalid`, "passkey_refused".
Error passkey_not_accepted();

// In no particular order. Empty when the user does not exist.
Result<std::vector<tables::Passkey>> list_passkeys(const Services& s, UserId user);

// `id_hash` as in the row. Errors: `not_found`; `invalid`, field "name".
Result<void> rename_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            std::string_view name);

// Ends the other sessions and mails the owner. Errors: `not_found`; `forbidden`,
// "reauthentication_required"; `conflict`, "last_login_method" or "last_factor", when no other way
// into the account, or no second factor that it needs, would remain.
Result<void> remove_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            const Origin& origin);

// For an administrator, as the owner's. Errors: also `forbidden`, "beyond_api_key"
// (auth/core/key_reach.h).
Result<void> rename_user_passkey(const Services& s, UserId user, std::string_view id_hash,
                                 std::string_view name);
Result<void> remove_user_passkey(const Services& s, UserId user, std::string_view id_hash,
                                 const Origin& origin);

}  // namespace authd::auth
