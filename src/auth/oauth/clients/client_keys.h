// The public keys of a client: those that it was registered with (jwks), or those that it publishes
// (jwks_uri). With them it authenticates (client_assertion.h), and signs its requests
// (request_object.h). What may be registered: key_rules.h.
#pragma once

#include "auth/core/services.h"
#include "crypto/jose/jwt.h"
#include "fetch/reach.h"
#include "tables/schema.h"

namespace authd::auth {

// Where addresses that the client supplied may lead: anywhere if an administrator wrote them.
fetch::Reach reach_of(const tables::Client& client);

// Whether one of the client's keys has signed the token. Errors: `unavailable` and `busy` if its
// keys are elsewhere (published_keys.h).
Result<bool> is_signed_by_client(const Services& s, const tables::Client& client,
                                 const crypto::Jws& token);

}  // namespace authd::auth
