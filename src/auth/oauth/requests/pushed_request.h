// Pushed authorization requests (RFC 9126): a client hands its request to this server and sends the
// browser here with a reference to it. So nobody between reads or changes the request, and it may
// be longer than an address.
//
//   pushed -> begun within kPushedLife -> carried by the browser for kRequestLife
//   (carried_request.h) -> answered: the row is removed in the transaction that makes the code
//
// A request object (request_object.h) is verified when it is pushed (RFC 9126 section 3), and the
// row has what came out of it: new keys of the client stop nobody who is signing in.
//
// Until then the reference may be used again, as when somebody reloads the page; afterwards never.
// What the browser carries has the reference and when the request began, and nothing else, so the
// row tells all of it each time.
//
// The store has only the hash of the reference. What anybody can push who knows the id of a public
// client, or registers one, is limited by address; and a row that no browser asks for is soon gone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "auth/oauth/proofs/dpop.h"
#include "auth/oauth/protocol/carried_request.h"
#include "auth/oauth/protocol/parameters.h"
#include "auth/oauth/requests/authorization_request.h"
#include "tables/schema.h"

namespace authd::auth {

// How long the browser has to come (RFC 9126 section 2.2).
inline constexpr Milliseconds kPushedLife = std::chrono::seconds(60);
// Of the row. The second minute is for a browser that began with a form, and is on its way.
inline constexpr Milliseconds kUnbegunPushedLife = 2 * kPushedLife;
// Of the row of one for which a person signs in: whoever came at the last moment has as long as
// with any other request.
inline constexpr Milliseconds kPushedRowLife = kPushedLife + kRequestLife;

// Of its parameters, as a form: of clients that authenticate; and of public ones, and those that
// are a stranger's (outbound.h).
inline constexpr size_t kMaxPushed = 16 << 10;
inline constexpr size_t kMaxPublicPushed = 8 << 10;

// New ones within kPushedWindow: of a client that authenticates; of a public one; and of that from
// one address (IPv6: a /64) and from one /48. The clients of strangers have one allowance together,
// and those of an address and of a site count for all of them, whether they authenticate or not: a
// stranger can have many.
inline constexpr Milliseconds kPushedWindow = std::chrono::minutes(10);
inline constexpr uint64_t kMaxPushedByClient = 10'000;
inline constexpr uint64_t kMaxPushedByPublic = 20'000;
inline constexpr uint64_t kMaxPushedByStrangers = 5000;
inline constexpr uint64_t kMaxPushedFromAddress = 600;
inline constexpr uint64_t kMaxPushedFromSite = 2400;

struct PushedReference {
  std::string request_uri;  // "urn:ietf:params:oauth:request_uri:" and 32 random bytes as base64url
  Seconds expires_in{};
};

// Checks and keeps the request. A proof that came with it binds the code to its key (RFC 9449
// section 10.1), and is used up. Errors: `malformed`, with the names of RFC 6749 section 4.1.2.1
// and "invalid_request_object", and those of dpop.h; `rate_limited`.
Result<PushedReference> push_request(const Services& s, const Program& program,
                                     const Parameters& parameters, const Proof& proof,
                                     const Origin& origin);

// Whether this is a reference of the kind that push_request() makes.
bool is_pushed_reference(std::string_view request_uri);

// A request as it came to the authorization endpoint: of one that was pushed, the reference alone
// (RFC 9126 section 4).
CarriedRequest begun_request(Parameters parameters, Time now);

// Keeps the row of a request for which a person has to sign in or to answer: one write, the first
// time. Does nothing for a request that was not pushed, or has been answered.
Result<void> keep_begun(const Services& s, const AuthorizationRequest& request);

// The request that a browser carries, or brings. A reference that is unknown, used up, of another
// client or too old is a refusal that the person sees, "invalid_request_uri", with one text: it
// proves no address to which it could be told. Errors only for faults of this server.
Result<ReadRequest> read_carried_request(const Services& s, const CarriedRequest& carried);

// Removes the row of a request that gets its answer now; does nothing for one that was not pushed.
// Error: `malformed`, "invalid_request_uri", if it has been answered already, maybe in another
// browser.
Result<void> use_up_pushed(store::WriteTxn& tx, const AuthorizationRequest& request);
inline constexpr size_t kUseUpPushedWrites = decltype(tables::pushed_requests)::kDelWrites;

// The same in a transaction of its own, for an answer that is an error; it is no error if it has
// been answered already.
Result<void> end_pushed(const Services& s, const AuthorizationRequest& request);

}  // namespace authd::auth
