// API keys: what programs act for a user with, without a login. A key is named, made by a user who
// has just proved who they are, shown once, and over on a day that is set when it is made. It is
// good while its row is there, it has not expired, is not of the future (kMaxStepBack), its user is
// active, and the user's keys have not been ended since (auth/core/ways.h); its user's logins and
// passwords do not touch it.
//
// What a key may do is its scopes:
//   verify        pass /auth/verify, as its user
//   profile:read  GET /api/v1/users/me
//   admin:read    GET below /api/v1/admin, when its user has the role "admin"
//   admin         everything below /api/v1/admin, when its user has the role "admin"
//   app:…         nothing here: applications ask for it by /auth/verify?scope=app:…
// Everything else is closed to keys, above all what changes how the account is reached, and keys.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxApiKeysPerUser = 50;
inline constexpr Milliseconds kApiKeyLife = std::chrono::days(90);
inline constexpr Milliseconds kMaxApiKeyLife = std::chrono::days(366);

inline constexpr std::string_view kVerifyScope = "verify";
inline constexpr std::string_view kProfileReadScope = "profile:read";
inline constexpr std::string_view kAdminReadScope = "admin:read";
inline constexpr std::string_view kAdminScope = "admin";

struct NewApiKey {
  std::string name;
  std::vector<std::string> scopes;
  Milliseconds life = kApiKeyLife;
};

struct MadeApiKey {
  tables::ApiKey key;
  OneTimeSecret text;  // shown this once
};

// `session` is the id of the one that asks, which must still be alive when the key is written; an
// operator has none.
// Errors: `invalid` with field "name", "scopes" or "expires_in"; `not_found`; `unauthenticated`
// when the session is over; `conflict`, "too_many_api_keys".
Result<MadeApiKey> add_api_key(const Services& s, UserId user,
                               const std::optional<std::string>& session, const NewApiKey& wanted,
                               const Origin& origin);

// Those that have not expired, newest first. Error: `not_found` when there is no such user.
Result<std::vector<tables::ApiKey>> list_api_keys(const Services& s, UserId user);

// Error: `not_found`.
Result<void> revoke_api_key(const Services& s, UserId user, uint64_t number, const Origin& origin);

// Revokes all keys of the user in one step, however many there are. Returns how many could be used.
// Error: `not_found` when there is no such user.
Result<size_t> revoke_api_keys(const Services& s, UserId user, const Origin& origin);

// All of a user, at most 60, expired and ended ones too; for whoever deletes the user. What is left
// behind is refused, and swept when it expires.
std::vector<tables::ApiKey> api_keys_of(store::ReadTxn& tx, UserId user);
std::string api_key_row(UserId user, uint64_t number);

// Those that have not been ended, expired ones too, oldest first.
std::vector<tables::ApiKey> live_api_keys_of(store::ReadTxn& tx, const tables::User& user);

// The numbers of those that can be used at `now`, for a write, which cannot scan: out of
// User::api_keys, where each key is since there is that list, and out of `seen`, which a look
// before the write found.
std::vector<uint64_t> usable_api_keys(store::Reader& tx, const tables::User& user,
                                      std::span<const tables::ApiKey> seen, Time now);

// Whoever calls by the key. Error: `unauthenticated`, "invalid_api_key", one text for whatever is
// wrong with it.
Result<KeyHolder> authenticate_api_key(const Services& s, std::string_view text, Time now,
                                       Trace* trace = nullptr);

}  // namespace authd::auth
