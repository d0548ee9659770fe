// Authorization requests that the client has signed (RFC 9101, OpenID Connect Core section 6.1):
// the parameter `request` is a JWT with the others as claims. So nothing in between, such as the
// person's browser, can change them.
//
// While the request waits for the person, the browser carries the object as it is
// (carried_request.h), and it is verified again each time, as the parameters of every request are:
// a client whose keys were withdrawn meanwhile gets nothing. Only its times are judged as of when
// it came, since a person may take longer than the few minutes for which clients sign. An object
// that is pushed is verified then, and never again (pushed_request.h).
#pragma once

#include "auth/core/services.h"
#include "auth/oauth/protocol/parameters.h"
#include "tables/schema.h"

namespace authd::auth {

// How far ahead the exp of an object may be, and how far back the nbf that FAPI 2.0 wants.
inline constexpr Milliseconds kRequestObjectLife = std::chrono::hours(1);

// The parameters that count: those of the object, if one was sent, and no others (section 6.3), but
// for the `response_type` and the `scope` that OpenID Connect wants outside as well, if the object
// lacks them. A client that must sign, or has the profile fapi2, has nothing outside. Errors:
// `malformed`, "invalid_request_object" for an object that is not accepted; "invalid_request" for
// none where the client must send one; "request_not_supported" if the client has no keys;
// `unavailable` and `busy` if they are elsewhere (published_keys.h).
Result<Parameters> signed_parameters(const Services& s, const tables::Client& client,
                                     const Parameters& sent, Time asked_at);

}  // namespace authd::auth
