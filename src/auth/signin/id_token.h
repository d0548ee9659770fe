// ID tokens of other providers (OpenID Connect Core 1.0 section 3.1.3.7): they say who signed in
// there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/accounts/names/providers.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/jose/jwt.h"

namespace authd::auth {

// How long a token is accepted after its expiry, in case our clock is fast.
inline constexpr Milliseconds kExpirySlack = std::chrono::seconds(60);

// How far ahead of ours the provider's clock may be.
inline constexpr Milliseconds kMaxAhead = std::chrono::minutes(5);

// How long before the start of the login a token may have been issued. The client chooses this
// range (OpenID Connect Core section 3.1.3.7, point 10): it limits how long nonces must be kept,
// and ours are valid for one login. So it is no defence in itself; it allows for slow clocks, and
// for providers that deliberately write an earlier time (Microsoft Entra: five minutes).
inline constexpr Milliseconds kMaxBehind = std::chrono::hours(1);

// The values that the token must contain, because we asked for them.
struct IdTokenWanted {
  const config::Provider& provider;  // whose issuer and client it must name
  std::string nonce;
  Time asked_at;  // when the login began
};

// The person, according to the provider.
struct ProvidedPerson {
  std::string issuer;  // of the ID token: with several tenants, one for each
  std::string subject;
  std::string email;
  bool email_verified = false;   // by the provider's own word (see apply_trust)
  bool states_verified = false;  // the claims have email_verified, whatever it says
  std::string given_name;
  std::string family_name;
  std::optional<std::vector<std::string>> groups;  // nullopt: the claims do not say
  bool has_groups_elsewhere = false;               // too many for the claims
};

// Checks the signature, then the claims. `keys` are all keys that may have signed it
// (Providers::keys_for). Error: `unauthenticated`; its message is the cause, for the log only.
Result<ProvidedPerson> check_id_token(const crypto::Jws& token,
                                      const std::vector<VerifyingKey>& keys,
                                      const IdTokenWanted& wanted, Time now);

// The claims of section 5.1 that authd uses, from an ID token or the userinfo endpoint, and the
// groups that the provider's configuration names. Error as above, when there is no subject.
Result<ProvidedPerson> parse_person(const config::Provider& provider, const JsonObject& claims);

// Decides whether the email counts as verified (providers.<name>.trust_email).
void apply_trust(const config::Provider& provider, ProvidedPerson& person);

// Why crypto::parse_compact() refused the text, for the log.
std::string cause_of_unreadable(std::string_view token);

}  // namespace authd::auth
