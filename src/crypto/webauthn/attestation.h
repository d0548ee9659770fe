// Attestation objects (Web Authentication Level 3, section 6.5.4): what a new credential comes in.
// authd asks for no attestation, and trusts none: it takes the formats in which the credential
// vouches for nothing or for itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::crypto {

class CoseKey;

// packed: only with self attestation.
enum class AttestationFormat { none, packed, other };

// Taken apart; trust nothing in it before refusal_of().
struct Attestation {
  AttestationFormat format = AttestationFormat::none;
  std::string authenticator_data;
  int64_t algorithm = 0;  // of packed
  std::string signature;  // of packed
};

// Strict: canonical CBOR with exactly the members that section 6.5.4 lists, and for the accepted
// formats exactly those of the statement (sections 8.7 and 8.2), with nothing after it. Refusal:
// `malformed_attestation`.
Checked<Attestation> parse_attestation(std::string_view bytes);

// nullopt for the format none, and for packed if the key of the credential has signed it with its
// own algorithm (section 8.2, self attestation). Refusals: `attestation_not_accepted` for another
// format, and for packed with certificates; `attestation_algorithm`, `attestation_signature`.
std::optional<WebauthnRefusal> refusal_of(const Attestation& attestation, const CoseKey& key,
                                          std::string_view client_data_json);

}  // namespace authd::crypto
