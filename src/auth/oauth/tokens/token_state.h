// What a client may learn about a token (RFC 7662), and which ones it may revoke (RFC 7009): those
// that were issued to it, and to learn about, those for an audience of its own. The hints of the
// RFCs are not needed: a token says what it is.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/tokens/client_token.h"
#include "auth/sessions/introspection.h"

namespace authd::auth {

// A token that is valid now: one of authd's own, an access token of a client, or the refresh token
// of a grant.
using TokenState = std::variant<Introspection, TokenHolder, GrantRows>;

// nullopt for a token that is not valid, or that the client may not ask about.
Result<std::optional<TokenState>> state_for(const Services& s, const Program& program,
                                            std::string_view token);

// An access token is revoked alone, a refresh token with its grant or session. A token that is not
// valid is no error (RFC 7009 section 2.2). Error: `malformed`, "unauthorized_client", for a token
// of another client.
Result<void> revoke_for(const Services& s, const Program& program, std::string_view token,
                        const Origin& origin);

}  // namespace authd::auth
