#include "auth/sessions/jwt_signing.h"

#include "auth/core/caller.h"
#include "base/text.h"

namespace authd::auth {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_type(std::string_view typ, std::string_view wanted) {
  const std::string folded = lower(typ);
  return folded == lower(wanted) || folded == "application/" + lower(wanted);
}

// The key that the token names as its signer; null when it is none for this kind.
const LoadedKey* verifying_key(const KeySet& keys, const crypto::Jws& jws, JwtKind kind,
                               Trace* trace) {
  const LoadedKey* key = keys.find(jws.kid);
  const bool is_known = passes(trace, "key", key != nullptr, [&] {
    if (key == nullptr) {
      return "there is no signing key " + quoted(jws.kid) +
             ": it was withdrawn or pruned, or another server issued the token";
    }
    return "signing key " + jws.kid + " is " + std::string(state_name(key->row.state));
  });
  if (!is_known) return nullptr;
  const bool may_sign = passes(trace, "key signs", key->row.state != tables::KeyState::next,
                               "a key in the state next has not signed anything yet");
  if (!may_sign) return nullptr;
  const bool is_symmetric = key->key->algorithm() == crypto::Algorithm::hs256;
  if (!is_symmetric || kind.may_be_symmetric) return key;
  passes(trace, "key's kind", false, "a symmetric key signs nothing for clients");
  return nullptr;
}

}  // namespace

Result<std::string> sign_jwt(const Services& s, crypto::Algorithm algorithm, std::string_view typ,
                             std::string_view payload_json) {
  const std::shared_ptr<const crypto::SigningKey> key = TRY(signing_key(s, algorithm));
  return crypto::sign_jwt(*key, typ, payload_json);
}

Result<crypto::Jws> verify_jwt(const KeySet& keys, std::string_view token, JwtKind kind,
                               Trace* trace) {
  Result<crypto::Jws> parsed = crypto::parse_compact(token);
  const bool is_jwt = passes(trace, "form", parsed.has_value(),
                             parsed ? "a JWT with a known algorithm and no header that "
                                      "brings a key of its own"
                                    : "not three parts of base64url with a JSON header, or a "
                                      "header with alg none or a key of its own");
  if (!is_jwt) return parsed.error();
  const LoadedKey* key = verifying_key(keys, *parsed, kind, trace);
  if (key == nullptr) return invalid_token();
  const bool is_of_kind = passes(trace, "type", is_type(parsed->typ, kind.typ), [&] {
    return "typ is " + quoted(parsed->typ) + ", this kind of token has " + quoted(kind.typ);
  });
  if (!is_of_kind) return invalid_token();
  const Result<void> verified = crypto::verify(*parsed, *key->key);
  const bool is_signed = passes(trace, "signature", verified.has_value(), [&] {
    const std::string algorithm(crypto::name(key->key->algorithm()));
    if (parsed->alg != algorithm)
      return "alg is " + parsed->alg + ", but the key is for " + algorithm;
    return algorithm + (verified ? ", valid" : ", invalid: the token was altered");
  });
  if (!is_signed) return verified.error();
  return parsed;
}

Result<crypto::Jws> verify_own_jwt(const Services& s, std::string_view token, JwtKind kind) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  return verify_jwt(*keys, token, kind);
}

}  // namespace authd::auth
