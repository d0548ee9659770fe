// Why a response of an authenticator is refused (Web Authentication Level 3, sections 7.1 and 7.2).
// The reason is for the log and the audit log. Clients get one text for all of them: a difference
// would tell which credentials exist. So it is a type of its own, and not an Error, which TRY would
// pass up to the client.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <string_view>

namespace authd::crypto {

enum class WebauthnRefusal {
  // The response as a whole.
  malformed_response,     // a member is absent, of another type or not base64url
  unknown_credential,     // its id is not of a credential of ours
  credential_id_differs,  // from the one in the authenticator data
  user_handle_missing,    // and nothing else says who signs in
  user_handle_differs,    // from the owner's
  // Client data (section 5.8.1).
  malformed_client_data,  // not JSON, not UTF-8, a name twice, a member absent or of another type
  wrong_ceremony,         // its type is that of the other ceremony, or of something else
  foreign_challenge,      // not from this server, or for another session or purpose
  stale_challenge,        // from this server, but too old
  foreign_origin,         // not one of ours
  framed,                 // in a frame of another site (crossOrigin, topOrigin)
  token_binding,          // claims one; our TLS has none
  // Authenticator data (section 6.1).
  malformed_authenticator_data,  // too short, or extensions that are not a map
  bytes_left_over,               // behind the authenticator data
  foreign_rp_id,                 // hash of another one
  user_absent,                   // flag UP
  user_not_verified,             // flag UV, which was required
  backed_up_ineligible,          // flag BS without BE
  credential_absent,             // flag AT, at registration
  credential_present,            // flag AT, at an assertion
  credential_id_size,            // of less than 16 or more than 1023 bytes
  // The credential's public key.
  malformed_key,  // not a COSE key, or with members that it must not have
  algorithm_not_accepted,
  unsafe_key,  // off the curve, of small order, too short, a strange exponent
  // The attestation object (section 6.5.4).
  malformed_attestation,     // not CBOR, or members absent or superfluous
  attestation_not_accepted,  // a format other than none and packed self
  attestation_algorithm,     // other than the key's
  attestation_signature,     // wrong
  // The assertion.
  eligibility_changed,  // flag BE differs from the one at registration
  wrong_signature,
  clone_suspected,  // the signature is right, but the counter went back
};
inline constexpr size_t kWebauthnRefusals = 31;

// "foreign_origin", …; for logs, stable.
std::string_view name(WebauthnRefusal refusal);
// "attestation format not accepted", …; for people who read logs.
std::string_view words(WebauthnRefusal refusal);

// What was checked, or why it is refused.
template <typename T>
class [[nodiscard]] Checked : public std::expected<T, WebauthnRefusal> {
 public:
  using std::expected<T, WebauthnRefusal>::expected;
  Checked(WebauthnRefusal refusal) : std::expected<T, WebauthnRefusal>(std::unexpect, refusal) {}
};

}  // namespace authd::crypto

// As TRY of base/result.h, in a function that returns a Checked.
#define TRY_CHECKED(expr) AUTHD_TRY_CHECKED_NAMED(expr, __COUNTER__)
#define AUTHD_TRY_CHECKED_NAMED(expr, n) AUTHD_TRY_CHECKED_BODY(expr, n)
#define AUTHD_TRY_CHECKED_BODY(expr, n)           \
  __extension__({                                 \
    auto&& checked_##n = (expr);                  \
    if (!checked_##n) return checked_##n.error(); \
    *std::move(checked_##n);                      \
  })
