// Clients that prove who they are with a signed token instead of a secret: private_key_jwt
// (RFC 7521 section 4.2, RFC 7523 section 3, OpenID Connect Core section 9), and workloads whose
// platform signs for them, such as a CI job or a pod of Kubernetes (federated_identities).
//
// An assertion of a client's own counts once. A platform's token may come again: its holder did not
// make it, has only this one until the platform gives it another, and sends it again after a
// failure. Its life is what limits its use.
#pragma once

#include <string>

#include "auth/core/caller.h"
#include "auth/core/services.h"

namespace authd::auth {

// How far ahead the exp of an assertion may be.
inline constexpr Milliseconds kAssertionLife = std::chrono::hours(1);
inline constexpr Milliseconds kStrangersAssertionLife = std::chrono::minutes(5);
inline constexpr Milliseconds kFederatedAssertionLife = std::chrono::hours(24);

// Each one that counts leaves a row until it ends. So a client that nobody here has looked at
// (outbound.h) sends at most so many within a while.
inline constexpr uint64_t kMaxStrangersAssertions = 1000;
inline constexpr Milliseconds kStrangersAssertionWindow = kStrangersAssertionLife;

// What the form of a request has.
struct SentAssertion {
  std::string client_id;  // empty: the assertion says it
  std::string type;       // client_assertion_type
  std::string assertion;
  // Whether the document of the client may be read for it (document_clients.h). Otherwise only a
  // client with a row is known.
  bool reads_document = false;
};

// The program that the assertion is for. Refused ones are logged with the cause, and count as wrong
// secrets do (clients.h). What is wrong with an assertion is told only to whoever has the key; for
// anybody else there is one text, whether or not there is such a client. Errors: `unauthenticated`,
// "invalid_client"; `malformed`, "invalid_request", for half an assertion; `rate_limited`;
// `unavailable` and `busy` if the keys are elsewhere (published_keys.h).
Result<Program> authenticate_by_assertion(const Services& s, const SentAssertion& sent,
                                          const Origin& origin);

}  // namespace authd::auth
