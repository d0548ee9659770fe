// What the store has of passkeys.
//
// Whatever the authenticator can do decides what its credential is:
//   passkey       it can be asked without its id, and verified the person when it was made: it is a
//                 whole login, of two factors
//   security key  anything else: only a second factor, and never more without the person's doing
// A security key ends with the user's second factors; a passkey, which lets somebody in by itself,
// also when the owner turns out to be another one than whoever set up the account
// (auth/core/ways.h, address_proof.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "auth/accounts/passkeys/passkey_ceremony.h"
#include "auth/core/factor.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxPasskeysPerUser = 20;

// Whether it is a whole login, not only a second factor.
bool is_whole_login(const tables::Passkey& passkey);

// What its signature proves.
Factor factor_of(const tables::Passkey& passkey);

// The key of a row.
std::string passkey_key(UserId user, std::string_view id_hash);

// Those that were not ended, in no particular order.
std::vector<tables::Passkey> live_passkeys_of(store::ReadTxn& tx, const tables::User& user);
// The one with this hash of its id, if it is the user's.
std::optional<tables::Passkey> find_live_passkey_of(store::Reader& tx, const tables::User& user,
                                                    std::string_view id_hash);

// The passkey with this credential id and its user, unless it was ended.
struct FoundPasskey {
  tables::Passkey passkey;
  tables::User user;
};
std::optional<FoundPasskey> find_live_passkey(store::Reader& tx, std::string_view credential_id);

// What a ceremony has to know of it.
KnownPasskey known_passkey(const FoundPasskey& found);

// Whether it was answered already.
bool is_used_passkey_challenge(store::Reader& tx, std::string_view challenge);
// Uses the challenge up; false if that was done before. A challenge is judged before
// (passkey_challenge.h).
bool use_passkey_challenge(store::WriteTxn& tx, std::string_view challenge);

}  // namespace authd::auth
