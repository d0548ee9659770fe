// The refresh token of a grant, and tokens of a client for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/tokens/issued_tokens.h"

namespace authd::auth {

// `malformed`, "invalid_grant" and "unauthorized_client" (RFC 6749 section 5.2), one text each.
Error invalid_grant();
Error unauthorized_client();

// The successor of a grant's refresh token, with the rules of a session's (session_tokens.h): the
// previous token yields the same successor again within tokens.refresh_grace, and an older one ends
// the grant. A token of another client is refused and changes nothing. Errors: as exchange_code().
Result<IssuedTokens> refresh_grant(const Services& s, const Program& client,
                                   const RefreshToken& token, const Narrowing& narrowing,
                                   const Origin& origin);

// An access token for the client itself (RFC 6749 section 4.4): for registered resources that it
// may have, at least one, and scopes of its own or of theirs; standard scopes are about people.
// There is no refresh token. It is bound to the key of the proof, if there is one. Errors:
// `malformed`, "unauthorized_client", "invalid_target", "invalid_scope", "invalid_dpop_proof".
Result<IssuedTokens> issue_to_client(const Services& s, const Program& client,
                                     const std::vector<std::string>& resources,
                                     std::string_view scope, const Proof& proof = {});

}  // namespace authd::auth
