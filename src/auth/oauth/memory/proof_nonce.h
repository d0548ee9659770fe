// Nonces for proofs (RFC 9449 sections 8 and 9): a proof with one was made after this process
// handed it out. Nothing is stored: a nonce is the time at which it was made and a MAC, and both
// count from the beginning of this process, so that one of an earlier process is unknown. Of
// several hosts (store.engine = postgresql), each knows those of the others: there a recorded proof
// counts once for each host.
//
// One is only demanded from a client whose proof may have been used before without this process
// knowing (seen_proofs.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"

namespace authd::auth {

inline constexpr Milliseconds kNonceLife = std::chrono::minutes(5);

// [A-Za-z0-9_-], for the header DPoP-Nonce.
std::string make_proof_nonce(const Services& s);

// How long ago the nonce was made; nullopt for one that is not known here, or too old.
std::optional<Milliseconds> age_of_proof_nonce(const Services& s, std::string_view nonce);

}  // namespace authd::auth
