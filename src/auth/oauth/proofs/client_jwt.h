// What holds for every JWT that a client signs or brings along to prove something: assertions
// (client_assertion.h) and request objects (request_object.h). Who signed it, and what it has to
// say, is theirs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jose/jwt.h"
#include "tables/schema.h"

namespace authd::auth {

// How far the clock of a client may be from ours.
inline constexpr Milliseconds kClientClockSlack = std::chrono::seconds(60);

// Errors of all functions here: `unauthenticated`; the message is the cause, a part of a sentence
// such as "its exp has passed".

struct ClientJwt {
  crypto::Jws jws;
  JsonObject claims;
};
// Takes it apart, and demands that its type, if it says one, is JWT or this one: a token for
// something else must not count (RFC 8725 section 3.11). Trust nothing in it yet.
Result<ClientJwt> parse_client_jwt(std::string_view text, std::string_view type);

// Its algorithm is one of kClientAlgorithms (words.h), and one of those that the profile of the
// client allows.
Result<void> check_algorithm(const crypto::Jws& jws, const tables::Client& client);

// exp, nbf and iat are in order at this time, if they are there. An exp is at most `life` ahead.
Result<void> check_client_times(const JsonObject& claims, Milliseconds life, Time now);

// aud names one of `ours`, as a text or a list, and nobody else: what is for several could be used
// by one of them at another.
Result<void> check_client_audience(const JsonObject& claims, std::span<const std::string> ours);

}  // namespace authd::auth
