#include "crypto/webauthn/webauthn_refusal.h"

namespace authd::crypto {
namespace {

struct Row {
  std::string_view name;
  std::string_view words;
};

// In the order of the enum.
constexpr std::array<Row, kWebauthnRefusals> kRows = {{
    {"malformed_response", "response malformed"},
    {"unknown_credential", "credential unknown"},
    {"credential_id_differs", "credential id differs from the authenticator's"},
    {"user_handle_missing", "user handle missing"},
    {"user_handle_differs", "user handle of somebody else"},
    {"malformed_client_data", "client data malformed"},
    {"wrong_ceremony", "client data of another ceremony"},
    {"foreign_challenge", "challenge not from this server, or for something else"},
    {"stale_challenge", "challenge too old"},
    {"foreign_origin", "origin not accepted"},
    {"framed", "in a frame of another site"},
    {"token_binding", "token binding claimed"},
    {"malformed_authenticator_data", "authenticator data malformed"},
    {"bytes_left_over", "bytes behind the authenticator data"},
    {"foreign_rp_id", "authenticator data for another relying party"},
    {"user_absent", "user not present"},
    {"user_not_verified", "user not verified"},
    {"backed_up_ineligible", "backed up without being eligible for it"},
    {"credential_absent", "no credential in the authenticator data"},
    {"credential_present", "a credential in an assertion"},
    {"credential_id_size", "credential id too short or too long"},
    {"malformed_key", "public key malformed"},
    {"algorithm_not_accepted", "algorithm not accepted"},
    {"unsafe_key", "public key unsafe"},
    {"malformed_attestation", "attestation object malformed"},
    {"attestation_not_accepted", "attestation format not accepted"},
    {"attestation_algorithm", "attestation with another algorithm"},
    {"attestation_signature", "attestation signature wrong"},
    {"eligibility_changed", "backup eligibility changed"},
    {"wrong_signature", "signature wrong"},
    {"clone_suspected", "counter went back; maybe a copy of the authenticator"},
}};

}  // namespace

std::string_view name(WebauthnRefusal refusal) {
  return kRows[static_cast<size_t>(refusal)].name;
}

std::string_view words(WebauthnRefusal refusal) {
  return kRows[static_cast<size_t>(refusal)].words;
}

}  // namespace authd::crypto
