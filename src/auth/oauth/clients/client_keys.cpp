#include "auth/oauth/clients/client_keys.h"

#include "auth/oauth/memory/memory.h"
#include "auth/oauth/protocol/key_set.h"
#include "auth/oauth/protocol/outbound.h"

namespace authd::auth {

fetch::Reach reach_of(const tables::Client& client) {
  return is_strangers(client) ? fetch::Reach::public_only : fetch::Reach::any;
}

Result<bool> is_signed_by_client(const Services& s, const tables::Client& client,
                                 const crypto::Jws& token) {
  if (!client.jwks.empty()) return is_signed_by(client.jwks, token);
  if (client.jwks_uri.empty()) return false;
  const PublishedKeys::Set set =
      TRY(s.oauth.keys.set_for({client.jwks_uri, false, reach_of(client)}, token));
  return is_signed_by(*set, token);
}

}  // namespace authd::auth
