// What an authenticator says about itself, the person before it and the credential (Web
// Authentication Level 3, section 6.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/webauthn/cose_key.h"
#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::crypto {

// Section 4, "credential ID": with fewer bytes it could not be unique. Sections 7.1 and 6.5.1: more
// are refused.
inline constexpr size_t kMinCredentialIdBytes = 16;
inline constexpr size_t kMaxCredentialIdBytes = 1023;
inline constexpr size_t kAaguidBytes = 16;

// Section 6.5.1.
struct AttestedCredential {
  std::string aaguid;  // 16 bytes: the model of the authenticator, by its own word
  std::string id;
  CoseKey key;
};

struct AuthenticatorData {
  std::string rp_id_hash;  // SHA-256
  bool user_present = false;
  bool user_verified = false;
  bool backup_eligible = false;  // fixed when the credential is made
  bool backed_up = false;
  uint32_t sign_count = 0;
  std::optional<AttestedCredential> credential;
};

// Strict: exactly the parts that the flags announce, nothing after them; extensions are a map with
// text as keys, whatever it holds: nobody asked for them, so they are not used (section 9). Flags
// that are reserved are ignored. Refusals: `malformed_authenticator_data`, `bytes_left_over`,
// `backed_up_ineligible`, `credential_id_size`, and those of cose_key.h.
Checked<AuthenticatorData> parse_authenticator_data(std::string_view bytes);

// Adds what sections 7.1 and 7.2 demand in the same words: the hash of this rpId, and the flags.
// The user must always be present.
Checked<AuthenticatorData> check_authenticator_data(std::string_view bytes, std::string_view rp_id,
                                                    bool needs_user_verification);

}  // namespace authd::crypto
