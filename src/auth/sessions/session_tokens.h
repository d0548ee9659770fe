// The access and refresh token of a session: what a login gives, and what a refresh makes of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/refresh_token.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/sessions/sessions.h"
#include "base/secret.h"
#include "tables/schema.h"

namespace authd::auth {

// What a login gives: RFC 6749 section 5.1 without the wire names.
// For a session that a cookie keeps there are none, only the session.
struct Tokens {
  AccessToken access;
  RefreshToken refresh;
  Seconds expires_in{};
  tables::Session session;
  tables::User user;
  std::vector<std::string> roles;
};

// The tokens of a session that is in the store.
Result<Tokens> tokens_for(const Services& s, const tables::Session& session,
                          const tables::User& user, Time now);

// What a refresh token is good for now, without doing it; refresh() acts on it.
enum class Rotation { rotated, repeated, reused };
struct JudgedRefresh {
  Rotation rotation = Rotation::reused;
  LiveSession live;
};
Result<JudgedRefresh> judge_refresh(const config::Config& config, store::Reader& tx,
                                    const RefreshClaim& claim, Time now, Trace* trace = nullptr);

// Rotation (RFC 9700 section 4.14.2). The current token gives its successor. The one before it
// gives the very same successor again within tokens.refresh_grace of the rotation (a lost answer,
// two tabs at once). Anything older is a copy in foreign hands or the owner's: the session ends.
// Error: `unauthenticated`, "invalid_token".
Result<Tokens> refresh(const Services& s, const RefreshToken& token, const Origin& origin);

// The successor of the caller's access token, which was `presented`, where its session is of an API
// whose tokens are renewed by use (config/compat.h): the session's end moves, up to
// tokens.session_max_age. Any other token is given back as it is: without its refresh token its
// life must not grow. Error: `unauthenticated`, "invalid_token", when the session ended meanwhile.
Result<AccessToken> renew_token(const Services& s, const Person& caller,
                                std::string_view presented);

}  // namespace authd::auth
