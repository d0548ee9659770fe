// API keys: credentials with which programs act for a user, without a login. A key has a name, is
// created by a user who has just proved their identity, is shown once, and expires on a day set at
// its creation. It is valid while its row exists, it has not expired, was not created in the future
// (kMaxStepBack), its user is active, and the user's keys have not been ended since
// (auth/core/ways.h). The user's logins and passwords do not affect it.
//
// The scopes of a key determine what it may do:
//   verify        pass /auth/verify, as its user
//   profile:read  GET /api/v1/users/me
//   admin:read    GET below /api/v1/admin, when its user has the role "admin"
//   admin         everything below /api/v1/admin, when its user has the role "admin", except for
//                 its own user and administrators (auth/core/key_reach.h)
//   app:…         nothing here: applications ask for it by /auth/verify?scope=app:…
// Everything else is closed to keys, in particular changes to how the account is accessed, and API
// keys themselves. A key has the roles of its user that were granted before it was created. The
// owner is told by mail of each key that is created or revoked.
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
  OneTimeSecret text;  // shown only once
};

// `session` is the id of the session that sends the request, which must still be alive when the key
// is written; an operator has none. Errors: `invalid` with field "name", "scopes" or "expires_in";
// `not_found`; `unauthenticated` when the session has ended; `conflict`, "too_many_api_keys". The
// scopes admin:read and admin are only for administrators.
Result<MadeApiKey> add_api_key(const Services& s, UserId user,
                               const std::optional<std::string>& session, const NewApiKey& wanted,
                               const Origin& origin);

// The keys that have not expired, newest first. Error: `not_found` when the user does not exist.
Result<std::vector<tables::ApiKey>> list_api_keys(const Services& s, UserId user);

// `session` as above. Errors: `not_found`; `unauthenticated`; `forbidden`, "beyond_api_key".
Result<void> revoke_api_key(const Services& s, UserId user, uint64_t number, const Origin& origin,
                            const std::optional<std::string>& session = {});

// Revokes all keys of the user in one step, however many there are. Returns how many could be used.
// Errors: as above.
Result<size_t> revoke_api_keys(const Services& s, UserId user, const Origin& origin,
                               const std::optional<std::string>& session = {});

// All keys of a user, at most 60, including expired and ended ones; for deleting the user. Any key
// left behind is refused, and swept when it expires.
std::vector<tables::ApiKey> api_keys_of(store::ReadTxn& tx, UserId user);
std::string api_key_row(UserId user, uint64_t number);

// The keys that have not been ended, including expired ones, oldest first.
std::vector<tables::ApiKey> live_api_keys_of(store::ReadTxn& tx, const tables::User& user);

// The numbers of the keys that can be used at `now`, for a write, which cannot scan. They come from
// User::api_keys, which lists every key created since that list was introduced, and from `seen`,
// which was read before the write.
std::vector<uint64_t> usable_api_keys(store::Reader& tx, const tables::User& user,
                                      std::span<const tables::ApiKey> seen, Time now);

// The holder of the key. Error: `unauthenticated`, "invalid_api_key", with the same text whatever
// is wrong with the key.
Result<KeyHolder> authenticate_api_key(const Services& s, std::string_view text, Time now,
                                       Trace* trace = nullptr);

}  // namespace authd::auth
