#include "auth/oauth/proofs/client_jwt.h"

#include <algorithm>

#include "auth/core/numeric_date.h"
#include "auth/oauth/protocol/fapi.h"
#include "auth/oauth/protocol/words.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr std::string_view kMediaTypePrefix = "application/";

Error refused(std::string cause) {
  return Error{ErrorCode::unauthenticated, std::move(cause)};
}

// Types compare without case, and may have the prefix of media types (RFC 7515 section 4.1.9).
bool is_of_type(std::string_view typ, std::string_view type) {
  std::string kind = lower(typ);
  if (kind.starts_with(kMediaTypePrefix)) kind.erase(0, kMediaTypePrefix.size());
  return kind.empty() || kind == "jwt" || kind == type;
}

Result<std::optional<Time>> time_in(const JsonObject& claims, std::string_view name) {
  const auto seconds = claims.optional_number(name);
  if (!seconds) return refused("its " + std::string(name) + " is not a number");
  if (!*seconds) return std::optional<Time>();
  return std::optional<Time>(numeric_date(**seconds));
}

}  // namespace

Result<ClientJwt> parse_client_jwt(std::string_view text, std::string_view type) {
  if (std::count(text.begin(), text.end(), '.') == 4) {
    return refused("it is encrypted, which this server does not read");
  }
  Result<crypto::Jws> jws = crypto::parse_compact(text);
  if (!jws) {
    return refused(
        "it is not a signed JWT (with an algorithm other than none, in at most 8 KiB, without "
        "crit, jku, jwk, x5u, x5c, b64 and zip in its header)");
  }
  if (!is_of_type(jws->typ, type)) return refused("its typ is that of another kind of token");
  Result<JsonObject> claims = JsonObject::parse(jws->payload);
  if (!claims) return refused("its payload is not a JSON object in which each member occurs once");
  return ClientJwt{std::move(*jws), std::move(*claims)};
}

Result<void> check_algorithm(const crypto::Jws& jws, const tables::Client& client) {
  if (!contains(kClientAlgorithms, jws.alg)) {
    return refused("its alg is not one of " + joined(kClientAlgorithms, ", "));
  }
  const bool is_rs256 = jws.alg == crypto::name(crypto::Algorithm::rs256);
  if (!is_rs256 || may_use_rs256(client)) return {};
  return refused("its alg is RS256, which the profile fapi2 does not allow");
}

Result<void> check_client_times(const JsonObject& claims, Milliseconds life, Time now) {
  const std::optional<Time> expires = TRY(time_in(claims, "exp"));
  const std::optional<Time> begins = TRY(time_in(claims, "nbf"));
  const std::optional<Time> issued = TRY(time_in(claims, "iat"));
  if (expires && *expires + kClientClockSlack <= now) return refused("its exp has passed");
  if (expires && *expires > now + life + kClientClockSlack) {
    return refused("its exp is more than " +
                   std::to_string(std::chrono::duration_cast<std::chrono::minutes>(life).count()) +
                   " minutes ahead");
  }
  if (begins && *begins > now + kClientClockSlack) return refused("its nbf is in the future");
  if (issued && *issued > now + kClientClockSlack) return refused("its iat is in the future");
  return {};
}

Result<void> check_client_audience(const JsonObject& claims, std::span<const std::string> ours) {
  const auto audience = claims.string_or_strings("aud");
  const auto is_ours = [&](const std::string& one) { return contains(ours, one); };
  if (audience && !audience->empty() && std::all_of(audience->begin(), audience->end(), is_ours)) {
    return {};
  }
  return refused("its aud is not this server, which is " + joined(ours, " or "));
}

}  // namespace authd::auth
