#include "auth/core/refresh_token.h"

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/digest.h"
#include "tables/rows/table.h"

namespace authd::auth {
namespace {

constexpr size_t kClaimBytes = kSessionIdBytes + 8;
constexpr size_t kMacBytes = 32;

// The MAC covers the purpose, so that no other use of the key can yield a token.
std::string mac_of(const SecretKey& key, RefreshFamily family, std::string_view claim) {
  const std::string_view purpose = family == RefreshFamily::session
                                       ? "authd refresh token v1:"
                                       : "authd refresh token of a grant v1:";
  return crypto::hmac_sha256(key.reveal(), std::string(purpose) + std::string(claim));
}

}  // namespace

RefreshToken make_refresh_token(const SecretKey& key, const RefreshClaim& claim,
                                RefreshFamily family) {
  CHECK(claim.session_id.size() == kSessionIdBytes && claim.generation > 0);
  std::string bytes = claim.session_id + tables::big_endian(claim.generation);
  bytes += mac_of(key, family, bytes);
  return RefreshToken(base64url_encode(bytes));
}

std::optional<RefreshClaim> parse_refresh_token(const SecretKey& key, const RefreshToken& token,
                                                RefreshFamily family) {
  constexpr size_t kTextBytes = ((kClaimBytes + kMacBytes) * 8 + 5) / 6;
  if (token.reveal().size() != kTextBytes) return std::nullopt;
  const std::optional<std::string> bytes = base64url_decode(token.reveal());
  if (!bytes || bytes->size() != kClaimBytes + kMacBytes) return std::nullopt;
  const std::string_view claim = std::string_view(*bytes).substr(0, kClaimBytes);
  const std::string_view mac = std::string_view(*bytes).substr(kClaimBytes);
  if (!equal_constant_time(mac_of(key, family, claim), mac)) return std::nullopt;
  return RefreshClaim{std::string(claim.substr(0, kSessionIdBytes)),
                      tables::from_big_endian(claim.substr(kSessionIdBytes))};
}

}  // namespace authd::auth
