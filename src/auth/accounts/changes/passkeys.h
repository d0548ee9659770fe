// The passkeys of a user: added, listed, named and removed. What they are is in stored_passkeys.h,
// how one is created in new_passkey.h; signing in with one is in auth/signin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/factors/recovery_codes.h"
#include "auth/accounts/passkeys/new_passkey.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/services.h"
#include "auth/sessions/access_token.h"
#include "tables/schema.h"

namespace authd::auth {

// The handle by which authenticators know the user, who gets one if there is none yet: for an
// account that may be asked for a passkey. Error: `not_found`.
Result<std::string> ensure_user_handle(const Services& s, const tables::User& user);

// Errors: `not_found`, "passkeys_unavailable"; `forbidden`, "reauthentication_required";
// `conflict`, "too_many_passkeys".
Result<PasskeyStart> begin_passkey(const Services& s, const Person& caller);

struct MadePasskey {
  tables::Passkey passkey;
  // With the first one, if the account had none; shown only this once (recovery_codes.h).
  std::vector<OneTimeSecret> recovery_codes;
};
// Stores the credential and mails the owner. Errors: as above, those of new_passkey.h.
Result<MadePasskey> add_passkey(const Services& s, const Person& caller, const PasskeyAsked& asked,
                                const Origin& origin);

// In no particular order. Empty when the user does not exist.
Result<std::vector<tables::Passkey>> list_passkeys(const Services& s, UserId user);

// `id_hash` as in the row. Errors: `not_found`; `invalid`, field "name".
Result<void> rename_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            std::string_view name);

// Ends the other sessions and mails the owner. Errors: `not_found`; `forbidden`,
// "reauthentication_required"; `conflict`, "last_login_method", "last_passkey" or "last_factor",
// when no other way into the account, or nothing that its logins need, would remain.
Result<void> remove_passkey(const Services& s, const Person& caller, std::string_view id_hash,
                            const Origin& origin);

// For an administrator, as the owner's. Errors: also `forbidden`, "beyond_api_key"
// (auth/core/key_reach.h).
Result<void> rename_user_passkey(const Services& s, UserId user, std::string_view id_hash,
                                 std::string_view name);
Result<void> remove_user_passkey(const Services& s, UserId user, std::string_view id_hash,
                                 const Origin& origin);

}  // namespace authd::auth
