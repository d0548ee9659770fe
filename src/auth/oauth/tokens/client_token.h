// Access tokens for clients: JWTs with the profile of RFC 9068, of a grant (a person allowed it) or
// of a client itself (client_credentials). Their audience is what they are for: registered
// resources, or this server's userinfo. It is never tokens.audience, so they open nothing of
// authd's own API; and authd's own tokens, whose client_id is "authd", are none of these.
//
// As with authd's own tokens, the signature is verified once, and everything else is checked with
// every request against the newest committed state of the store (auth/sessions/access_token.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/core/trace.h"
#include "auth/oauth/tokens/grants.h"
#include "base/json_writer.h"

namespace authd::auth {

// The audience of a token that is for this server's userinfo: the issuer.
const std::string& own_audience(const Services& s);

struct ClientToken {
  AccessToken token;
  Seconds expires_in{};
};
// How often a token may be exchanged, one after the other: each client on the way can read it.
inline constexpr size_t kMaxExchanges = 4;

// The token in whose place a client gets another one (token_exchange.h).
struct ExchangedFrom {
  std::string subject;                      // `sub`, which stays as it is
  std::vector<std::string> actors;          // Claims::actors of the new token
  std::vector<std::string> subject_tokens;  // likewise
};
struct TokenWishes {
  std::vector<std::string> audience;
  std::vector<std::string> scopes;
  Seconds life{};
  std::optional<ExchangedFrom> exchanged = {};
  std::string jkt = {};  // of the key to which it is bound (RFC 9449 section 6.1); empty: none
};
// "Bearer" or "DPoP".
std::string_view type_of(const TokenWishes& wishes);
// The claims of a token of the grant, as JSON.
Result<std::string> grant_token_claims(const Services& s, const GrantRows& rows,
                                       const TokenWishes& wishes, Time now);
// A token of the grant. `wishes` were narrowed before. Error: `unavailable`.
Result<ClientToken> mint_grant_token(const Services& s, const GrantRows& rows,
                                     const TokenWishes& wishes, Time now);
// A token of the client itself: its subject is the client id.
Result<ClientToken> mint_own_token(const Services& s, const tables::Client& client,
                                   const TokenWishes& wishes, Time now);

// The rows of a grant as the client sees them that exchanged a token of it: with its own row in the
// place of the first client's, and without roles that were hidden from a client before it. `actors`
// as Standing::actors, not empty.
GrantRows rows_for_actors(const GrantRows& rows, const std::vector<tables::Client>& actors);

// `cnf` with the thumbprint of a key (RFC 9449 section 6.1).
void write_confirmation(JsonWriter& json, std::string_view jkt);

// The object `act` (RFC 8693 section 4.1) of these clients: Claims::actors, not empty.
void write_actors(JsonWriter& json, std::span<const std::string> actors);

// A valid token of a client, and what the store says about it. Its scopes and audience are those of
// the token that the client may still have; a scope of an exchanged token is one that every client
// on the way may still have.
class TokenHolder {
 public:
  TokenHolder(const Services& s, std::shared_ptr<const Standing> standing);

  const Claims& claims() const { return *standing_->claims; }
  const std::vector<std::string>& scopes() const { return scopes_; }
  const std::vector<std::string>& audience() const { return audience_; }
  // Null for a token of a client itself. For an exchanged token, what the client sees that
  // exchanged it: its own row, and no role that was hidden from a client before it.
  const GrantRows* grant() const;
  // Whose token it is: for an exchanged one, the client that exchanged it.
  const tables::Client& client() const;
  // Whether it is good only with a proof of a key (bound_token.h).
  bool is_bound() const { return !claims().jkt.empty(); }
  bool has_scope(std::string_view scope) const;
  bool is_for(std::string_view audience) const;
  // Whether the person may use the client (has_role_for); a token without a person has no roles
  // that would matter.
  bool may_use(const tables::Client& client) const;

 private:
  std::shared_ptr<const Standing> standing_;
  std::optional<GrantRows> seen_;  // of an exchanged token
  std::vector<std::string> scopes_;
  std::vector<std::string> audience_;
};

// The client whose access token this seems to be, by its claims alone; empty for authd's own, and
// for what is no token. authenticate_client_token() verifies it.
std::string client_named_in(std::string_view token);

// Says nothing about who presents the token: what opens something for a token takes it with the
// functions of bound_token.h. Error: `unauthenticated`, "invalid_token", with the same text
// whatever is wrong; `unavailable`.
Result<TokenHolder> authenticate_client_token(const Services& s, std::string_view token, Time now,
                                              Trace* trace = nullptr);

}  // namespace authd::auth
