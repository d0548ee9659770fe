#include "auth/oauth/tokens/id_token_hint.h"

#include "auth/sessions/jwt_signing.h"
#include "base/json.h"

namespace authd::auth {

Result<std::optional<IdTokenHint>> read_id_token_hint(const Services& s, std::string_view token) {
  using Found = std::optional<IdTokenHint>;
  const Result<crypto::Jws> jws = verify_own_jwt(s, token, {kIdTokenType});
  if (!jws && jws.error().code != ErrorCode::unauthenticated) return jws.error();
  if (!jws) return Found{};
  const Result<JsonObject> claims = JsonObject::parse(jws->payload);
  if (!claims) return Found{};
  const Result<std::string> issuer = claims->string("iss");
  const Result<std::string> subject = claims->string("sub");
  const Result<std::vector<std::string>> audience = claims->string_or_strings("aud");
  const Result<std::optional<std::string>> sid = claims->optional_string("sid");
  // Signed userinfo (userinfo.h) has no end.
  const bool has_end = claims->integer("exp").has_value();
  const bool is_whole = issuer && subject && audience && audience->size() == 1 && sid && has_end;
  if (!is_whole || *issuer != s.config.tokens.issuer) return Found{};
  return Found{IdTokenHint{*subject, audience->front(), sid->value_or("")}};
}

}  // namespace authd::auth
