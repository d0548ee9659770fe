// The creation of a passkey: in one's own account (passkeys.h), with a new account (accounts.h,
// setup.h), or with a link (auth/signin/enrolment.h). The response is judged before the write that
// stores it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "auth/accounts/passkeys/passkey_challenge.h"
#include "auth/accounts/passkeys/stored_passkeys.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kUserHandleBytes = 32;

// Whether it must be a whole login (stored_passkeys.h): where nothing else would let the person in.
enum class NeededPasskey { any, whole_login };

// What a page needs for navigator.credentials.create().
struct PasskeyStart {
  std::string challenge;                   // raw; bound to what the purpose says
  std::string user_handle;                 // raw
  std::vector<tables::Passkey> there_are;  // of which no authenticator makes a second one
  std::vector<int64_t> algorithms;         // as COSE writes them, in the order of preference
  NeededPasskey needed = NeededPasskey::any;
};
PasskeyStart start_of_passkey(const Services& s, ChallengePurpose purpose, std::string_view binding,
                              NeededPasskey needed, Time now);

// The response of a page.
struct PasskeyAsked {
  RegistrationResponse response;
  std::optional<std::string> name = {};  // what the owner calls it; absent: "Passkey"
};

// One that was judged, without an owner.
struct PreparedPasskey {
  tables::Passkey row;
  std::string challenge;
};
// Errors: `not_found`, "passkeys_unavailable"; `invalid`, field "name"; `invalid`,
// "passkey_too_weak", for one that is no whole login, where that is needed; `invalid`,
// "passkey_refused", audited with the reason for `owner`, who may be nobody yet.
Result<PreparedPasskey> prepare_passkey(const Services& s, const PasskeyAsked& asked,
                                        ChallengePurpose purpose, std::string_view binding,
                                        NeededPasskey needed, std::optional<UserId> owner,
                                        const Origin& origin);

// Uses the challenge up, at the beginning of the write. Errors: `invalid`, "passkey_refused", for a
// challenge that was used; `conflict`, "passkey_exists", when somebody has a credential with this
// id.
Result<void> claim_passkey(store::WriteTxn& tx, const PreparedPasskey& prepared);
// Keeps its id from further accounts for a while, as if one had been stored: for a sign-up that
// only seems to make an account.
void keep_passkey_id(store::WriteTxn& tx, const PreparedPasskey& prepared, Time now);
// Stores one that was claimed as the user's, and ends the trust in devices. The caller puts the
// user. Error:
// `conflict`, "too_many_passkeys".
Result<tables::Passkey> insert_passkey(store::WriteTxn& tx, tables::User& user,
                                       const PreparedPasskey& prepared);

// A name that a person gives. Error: `invalid`, field "name".
Result<std::string> parse_passkey_name(std::string_view text);

// Those counts of the user: passkeys, or security keys.
uint64_t& count_of(tables::User& user, const tables::Passkey& passkey);
size_t passkeys_of(const tables::User& user);

// `conflict`, "too_many_passkeys".
Error too_many_passkeys();
// The refusal of every response that is not right: one text for every reason, which the audit log
// tells. `invalid`, "passkey_refused".
Error passkey_not_accepted();

}  // namespace authd::auth
