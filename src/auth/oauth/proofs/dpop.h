// Proofs of possession (DPoP, RFC 9449): with a request, a client sends a token that it has just
// signed with a key of its own. An access token that was issued with a proof is bound to that key
// (`cnf`, section 6.1), so whoever steals it can do nothing with it; nor can they with a proof that
// they have seen, because it is good for one request, once, and for a minute.
//
//   look    check_proof(): the form, the claims and the signature; changes nothing
//   decide  use_proof():   in the transaction that issues what is bound to the key
//           spend_proof(): in memory, for a request that writes nothing (seen_proofs.h)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/oauth/memory/seen_proofs.h"
#include "base/result.h"
#include "crypto/jose/algorithm.h"
#include "store/store.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr size_t kMaxProof = 4 * 1024;  // bytes
inline constexpr size_t kMaxProofId = 200;     // bytes, of `jti`

// A proof as it came, and what it has to be about.
struct SentProof {
  std::string_view text;    // of the header DPoP
  std::string_view method;  // of the request that it is for
  std::string address;      // of that request; query and fragment do not count
};

// A proof that holds.
struct Proof {
  std::string jkt;  // RFC 7638 thumbprint of the key, as base64url; empty: there is no proof
  std::string jti;
  Time made_at;
  std::optional<Milliseconds> nonce_age;  // none: it came without a nonce
  crypto::Algorithm algorithm = crypto::Algorithm::es256;

  bool is_there() const { return !jkt.empty(); }
};

// The errors of everything here: `malformed`, "invalid_dpop_proof", with a message that says which
// check failed, or "use_dpop_nonce": the client makes the next proof with the nonce that the reply
// brings (proof_nonce.h).

// Checks everything that section 4.3 demands, but for the number of headers and for what was used
// before. `access_token` is the one that the request brings along, whose hash the proof must have;
// empty: none.
Result<Proof> check_proof(const Services& s, const SentProof& sent, std::string_view access_token,
                          Time now);

// Whether the client may use a key of that algorithm (fapi.h).
Result<void> check_algorithm(const tables::Client& client, const Proof& proof);

// Whether the proof is of the key that a code or a refresh token is bound to; empty: to none.
bool is_proved(std::string_view jkt, const Proof& proof);

// Uses the proof up, durably. Does nothing if there is none.
Result<void> use_proof(store::WriteTxn& tx, const Proof& proof, Time now);

// The same in memory. Further error: `busy`, when there is no room.
Result<void> spend_proof(const Services& s, const Proof& proof, Time now);

// Whether a parameter `dpop_jkt` looks like a thumbprint (section 10).
bool is_thumbprint(std::string_view text);

}  // namespace authd::auth
