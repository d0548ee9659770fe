// Access tokens for clients: JWTs with the profile of RFC 9068, of a grant (a person allowed it) or
// of a client itself (client_credentials). Their audience is what they are for: registered
// resources, or this server's userinfo. It is never tokens.audience, so they open nothing of
// authd's own API; and authd's own tokens, whose client_id is "authd", are none of these.
//
// As with authd's own tokens, the signature is verified once, and everything else is checked with
// every request against the newest committed state of the store (auth/sessions/access_token.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/oauth/grants.h"

namespace authd::auth {

// The audience of a token that is for this server's userinfo: the issuer.
const std::string& own_audience(const Services& s);

struct ClientToken {
  AccessToken token;
  Seconds expires_in{};
};
struct TokenWishes {
  std::vector<std::string> audience;
  std::vector<std::string> scopes;
  Seconds life{};
};
// The claims of a token of the grant, as JSON.
Result<std::string> grant_token_claims(const Services& s, const GrantRows& rows,
                                       const TokenWishes& wishes, Time now);
// A token of the grant. `wishes` were narrowed before. Error: `unavailable`.
Result<ClientToken> mint_grant_token(const Services& s, const GrantRows& rows,
                                     const TokenWishes& wishes, Time now);
// A token of the client itself: its subject is the client id.
Result<ClientToken> mint_own_token(const Services& s, const tables::Client& client,
                                   const TokenWishes& wishes, Time now);

// A valid token of a client, and what the store says about it. Its scopes and audience are those of
// the token that the client may still have.
class TokenHolder {
 public:
  TokenHolder(const Services& s, std::shared_ptr<const Standing> standing);

  const Claims& claims() const { return *standing_->claims; }
  const std::vector<std::string>& scopes() const { return scopes_; }
  const std::vector<std::string>& audience() const { return audience_; }
  // Null for a token of the client itself.
  const GrantRows* grant() const { return std::get_if<GrantRows>(&standing_->behind); }
  const tables::Client& client() const;
  bool has_scope(std::string_view scope) const;
  bool is_for(std::string_view audience) const;

 private:
  std::shared_ptr<const Standing> standing_;
  std::vector<std::string> scopes_;
  std::vector<std::string> audience_;
};

// The client whose access token this seems to be, by its claims alone; empty for authd's own, and
// for what is no token. authenticate_client_token() verifies it.
std::string client_named_in(std::string_view token);

// Error: `unauthenticated`, "invalid_token", with the same text whatever is wrong; `unavailable`.
Result<TokenHolder> authenticate_client_token(const Services& s, std::string_view token, Time now,
                                              Trace* trace = nullptr);

}  // namespace authd::auth
