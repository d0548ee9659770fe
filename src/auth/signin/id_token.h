// ID tokens of other providers (OpenID Connect Core 1.0 section 3.1.3.7): who signed in there.
#pragma once

#include <string>
#include <vector>

#include "auth/accounts/providers.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jwt.h"

namespace authd::auth {

// How long after its end a token is good, for a clock of ours that is fast.
inline constexpr Milliseconds kExpirySlack = std::chrono::seconds(60);

// How far ahead of ours the provider's clock may be.
inline constexpr Milliseconds kMaxAhead = std::chrono::minutes(5);

// How long before the login the token may say that it was issued. The range is the client's choice
// (OpenID Connect Core section 3.1.3.7, point 10): it bounds how long nonces have to be kept, and
// ours are good for one login. So this is for clocks that are slow and for providers that write an
// earlier time on purpose (Microsoft Entra: five minutes), and no defence of its own.
inline constexpr Milliseconds kMaxBehind = std::chrono::hours(1);

// What the token must say, since we asked for it.
struct IdTokenWanted {
  std::string issuer;     // letter by letter
  std::string client_id;  // whom it is for
  std::string nonce;
  Time asked_at;  // when the login began
};

// Who it is, by the provider's word.
struct ProvidedPerson {
  std::string subject;
  std::string email;
  bool email_verified = false;
  std::string given_name;
  std::string family_name;
};

// Checks signature, then claims. The keys are all that may have signed it (Providers::keys_for).
// Error: `unauthenticated`; its message is the cause, for the log and not for the client.
Result<ProvidedPerson> check_id_token(const crypto::Jws& token,
                                      const std::vector<VerifyingKey>& keys,
                                      const IdTokenWanted& wanted, Time now);

// The claims of section 5.1 that we use, from an ID token or the userinfo endpoint. Error as above,
// without a subject.
Result<ProvidedPerson> parse_person(const JsonObject& claims);

}  // namespace authd::auth
