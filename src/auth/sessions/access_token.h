// Access tokens: JWTs (RFC 7519) of the profile RFC 9068 ("at+jwt"), signed by the active key. A
// token is good while its signature and times are, its session is alive, its user is active, and it
// was not revoked by itself. The signature is checked once and remembered. The rest is judged every
// time, by the rows of the newest committed state of the store: those that were read before serve
// again as long as that very state is the newest (store::ReadTxn::snapshot), so nothing that was
// committed, by whichever process, is overlooked for a moment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/sessions/sessions.h"

namespace authd::auth {

// A signed token for the session: it ends after `life` or with the session, whichever is first.
struct MintedToken {
  AccessToken token;
  Seconds expires_in{};
};
Result<MintedToken> mint_access_token(const Services& s, const tables::Session& session,
                                      const std::vector<std::string>& roles, Seconds life,
                                      Time now);

// Whoever is signed in by the token. Error: `unauthenticated`, name "invalid_token", one text for
// whatever is wrong with it; `unavailable` when the store cannot be read.
Result<Person> authenticate(const Services& s, std::string_view token, Time now,
                            Trace* trace = nullptr);

// The claims of a token whose signature is good, whether it is alive or not (`authd token
// inspect`).
Result<std::shared_ptr<const Claims>> read_claims(const Services& s, std::string_view token);

// The caller's session and account as a write finds them that the session asked for: since it was
// let in, another request may have ended it. Error: `unauthenticated`, as the next request gets it.
Result<LiveSession> still_signed_in(store::Reader& tx, const Person& caller, Time now);

}  // namespace authd::auth
