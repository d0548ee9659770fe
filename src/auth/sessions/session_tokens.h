// The access and refresh token of a session: issued by a login and renewed by a refresh.
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

// The result of a login: RFC 6749 section 5.1 without the wire names. For a session kept in a
// cookie there are no tokens, only the session.
struct Tokens {
  AccessToken access;
  RefreshToken refresh;
  Seconds expires_in{};
  tables::Session session;
  tables::User user;
  std::vector<std::string> roles;
  std::string device = {};  // the id for the cookie of a login (known_devices.h); empty: none
  // That were made with a first passkey (auth/accounts/factors/recovery_codes.h); shown only this
  // once.
  std::vector<OneTimeSecret> recovery_codes = {};
};

// The tokens of a session in the store.
Result<Tokens> tokens_for(const Services& s, const tables::Session& session,
                          const tables::User& user, Time now);
// Those of a login that has just been written.
Result<Tokens> tokens_for(const Services& s, const LiveSession& begun, Time now);

// What a refresh token would do now; refresh() does it.
enum class Rotation { rotated, repeated, reused };
struct JudgedRefresh {
  Rotation rotation = Rotation::reused;
  LiveSession live;
};
Result<JudgedRefresh> judge_refresh(const config::Config& config, store::Reader& tx,
                                    const RefreshClaim& claim, Time now, Trace* trace = nullptr);

// Rotation (RFC 9700 section 4.14.2). The current token yields its successor. The previous one
// yields the identical successor again, within tokens.refresh_grace of the rotation (a lost reply,
// two tabs at once), until the successor is used for the first time; from another address or with
// another user agent this is audited and logged. An older one shows that somebody has a copy: the
// session ends. Error:
// `unauthenticated`, "invalid_token".
Result<Tokens> refresh(const Services& s, const RefreshToken& token, const Origin& origin);

// The successor of the caller's access token, `presented`. Only for sessions of a client whose
// tokens are renewed by use (config/client_profile.h): the session's end moves, up to
// tokens.session_max_age. Any other token is returned unchanged, because its life must not be
// extended without its refresh token. Error: `unauthenticated`, "invalid_token", when the session
// has ended in the meantime.
Result<AccessToken> renew_token(const Services& s, const Person& caller,
                                std::string_view presented);

// Tells clients apart well enough to notice that somebody else has a copy of a refresh token.
std::string mark_of(const Origin& origin);

}  // namespace authd::auth
