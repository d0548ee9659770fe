#include "auth/sessions/jwt_signing.h"

#include "auth/core/caller.h"
#include "base/text.h"

namespace authd::auth {

Result<std::string> sign_jwt(const Services& s, crypto::Algorithm algorithm, std::string_view typ,
                             std::string_view payload_json) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  const LoadedKey& key = keys->active();
  if (key.key->algorithm() != algorithm) {
    return Error{ErrorCode::unavailable, "There is no signing key of this algorithm."};
  }
  return crypto::sign_jwt(*key.key, typ, payload_json);
}

Result<crypto::Jws> verify_jwt(const KeySet& keys, std::string_view token, std::string_view typ) {
  crypto::Jws jws = TRY(crypto::parse_compact(token));
  const LoadedKey* key = keys.find(jws.kid);
  const bool may_have_signed = key != nullptr && key->row.state != tables::KeyState::next &&
                               key->key->algorithm() != crypto::Algorithm::hs256;
  if (!may_have_signed) return invalid_token();
  const std::string folded = lower(jws.typ);
  if (folded != lower(typ) && folded != "application/" + lower(typ)) return invalid_token();
  TRY(crypto::verify(jws, *key->key));
  return jws;
}

Result<crypto::Jws> verify_own_jwt(const Services& s, std::string_view token,
                                   std::string_view typ) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  return verify_jwt(*keys, token, typ);
}

}  // namespace authd::auth
