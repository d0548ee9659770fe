// Token exchange (RFC 8693): a client that got somebody's access token gets another one in its
// place, which may do less. An API gateway, or an agent, so calls the next service with a token for
// that service alone.
//
// Who may exchange which token is decided like this:
// - The client has a secret or a key, and the grant type token_exchange.
// - The token is for the client: one of its audiences is among Client::audiences. Whoever registers
//   the client there says that it receives these tokens and acts on them, so it may ask for tokens
//   for any of its own resources. Or the token was issued to the client; then it only gets tokens
//   for a part of the same audience, since nobody has allowed it more.
// - The person may use the client (Client::roles).
// - A token that is bound to a key (RFC 9449) is exchanged with a proof of that key.
//
// What comes of it has no scope that the token lacks, ends no later, and never opens userinfo. It
// is a token of the same grant, so whatever ends that ends both. It also ends when the token that
// it was exchanged for is revoked, and when a client that exchanged it is disabled
// (client_token.h). No row is written for it.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/tokens/issued_tokens.h"

namespace authd::auth {

// The parameters of the request (section 2.1); empty ones were not sent.
struct TokenExchange {
  std::string_view subject_token;
  std::string_view subject_token_type;
  std::string_view requested_token_type;
  std::string_view audience;     // the identifier of a resource, as those of `narrowing`
  std::string_view actor_token;  // refused: the client itself acts
  Narrowing narrowing;
};

// Without a refresh token: the client exchanges the next access token that it gets. Errors:
// `malformed`, with "unauthorized_client"; "invalid_request", also for a token that is not valid or
// not for this client (section 2.2.2), without saying which; "invalid_target"; "invalid_scope".
Result<IssuedTokens> exchange_token(const Services& s, const Program& program,
                                    const TokenExchange& wanted);

}  // namespace authd::auth
