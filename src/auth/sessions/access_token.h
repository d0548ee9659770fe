// Access tokens: JWTs (RFC 7519) with the profile of RFC 9068 ("at+jwt"), signed by the active key.
//
// A token is valid while its signature and times are valid, its session is alive, its user is
// active, and it was not itself revoked. The signature is verified once and the result is cached.
// Everything else is checked on every request against the newest committed state of the store. Rows
// that were read earlier are reused only while the state they came from is still the newest
// (store::ReadTxn::snapshot), so a commit by any process takes effect immediately.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/sessions/sessions.h"

namespace authd::auth {

// A signed token for the session of the user. It expires after `life` or with the session,
// whichever is first.
struct MintedToken {
  AccessToken token;
  Seconds expires_in{};
};
Result<MintedToken> mint_access_token(const Services& s, const tables::Session& session,
                                      const tables::User& user,
                                      const std::vector<std::string>& roles, Seconds life,
                                      Time now);

// The person whom the token identifies. Error: `unauthenticated`, name "invalid_token", with the
// same text whatever is wrong with it; `unavailable` when the store cannot be read.
Result<Person> authenticate(const Services& s, std::string_view token, Time now,
                            Trace* trace = nullptr);

// Whether the text is a JWT that names this server as its issuer: it was meant for this server,
// whether or not it is valid.
bool names_this_issuer(const Services& s, std::string_view token);

// The claims of a token with a valid signature, even if the token has expired or was revoked
// (`authd token inspect`).
Result<std::shared_ptr<const Claims>> read_claims(const Services& s, std::string_view token);

// The session and account of the caller, for a write transaction: another request may have ended
// the session since the caller was authenticated. Error: `unauthenticated`, the same as for the
// next request.
Result<LiveSession> still_signed_in(store::Reader& tx, const Person& caller, Time now);
// The same before the write, for a password that is compared with the row (auth/core/newest.h).
Result<LiveSession> still_signed_in(const Services& s, const Person& caller);

}  // namespace authd::auth
