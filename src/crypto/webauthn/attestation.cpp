#include "crypto/webauthn/attestation.h"

#include "crypto/digest.h"
#include "crypto/webauthn/cbor.h"
#include "crypto/webauthn/cose_key.h"

namespace authd::crypto {
namespace {

// With "x5c" a certificate vouches for the authenticator, which says nothing without a list of
// certificates to trust; "ecdaaKeyId" is of Level 1.
AttestationFormat format_of(std::string_view name, const CborValue& statement) {
  if (name == "none") return AttestationFormat::none;
  const bool has_voucher =
      statement.find("x5c") != nullptr || statement.find("ecdaaKeyId") != nullptr;
  return name == "packed" && !has_voucher ? AttestationFormat::packed : AttestationFormat::other;
}

// Section 8.2, self attestation. False if the members are not these.
bool read_packed(const CborValue& statement, Attestation& attestation) {
  const CborValue* alg = statement.find("alg");
  const CborValue* sig = statement.find("sig");
  if (statement.map()->size() != 2 || alg == nullptr || sig == nullptr || !alg->integer() ||
      !sig->bytes()) {
    return false;
  }
  attestation.algorithm = *alg->integer();
  attestation.signature = *sig->bytes();
  return true;
}

bool read_statement(const CborValue& statement, Attestation& attestation) {
  switch (attestation.format) {
    case AttestationFormat::none: return statement.map()->empty();  // section 8.7
    case AttestationFormat::packed: return read_packed(statement, attestation);
    case AttestationFormat::other: break;
  }
  return true;
}

}  // namespace

Checked<Attestation> parse_attestation(std::string_view bytes) {
  const Result<CborValue> object = parse_cbor(bytes);
  if (!object || object->map() == nullptr || object->map()->size() != 3) {
    return WebauthnRefusal::malformed_attestation;
  }
  const CborValue* format = object->find("fmt");
  const CborValue* statement = object->find("attStmt");
  const CborValue* data = object->find("authData");
  if (format == nullptr || statement == nullptr || data == nullptr || !format->text() ||
      statement->map() == nullptr || !data->bytes()) {
    return WebauthnRefusal::malformed_attestation;
  }
  Attestation attestation;
  attestation.authenticator_data = *data->bytes();
  attestation.format = format_of(*format->text(), *statement);
  if (!read_statement(*statement, attestation)) return WebauthnRefusal::malformed_attestation;
  return attestation;
}

std::optional<WebauthnRefusal> refusal_of(const Attestation& attestation, const CoseKey& key,
                                          std::string_view client_data_json) {
  if (attestation.format == AttestationFormat::none) return std::nullopt;
  if (attestation.format == AttestationFormat::other) {
    return WebauthnRefusal::attestation_not_accepted;
  }
  if (attestation.algorithm != key.cose_algorithm()) return WebauthnRefusal::attestation_algorithm;
  const std::string input = attestation.authenticator_data + sha256(client_data_json);
  if (key.verify(input, attestation.signature)) return std::nullopt;
  return WebauthnRefusal::attestation_signature;
}

}  // namespace authd::crypto
