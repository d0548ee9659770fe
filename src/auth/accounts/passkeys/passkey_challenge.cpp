#include "auth/accounts/passkeys/passkey_challenge.h"

#include "auth/core/lifetime.h"
#include "auth/core/server_mac.h"
#include "base/encoding.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

using crypto::WebauthnRefusal;

// random (16), time (8), purpose (1), MAC (32)
constexpr std::string_view kMacPurpose = "passkey challenge";
constexpr size_t kRandomBytes = 16;
constexpr size_t kTimeBytes = 8;
constexpr size_t kBodyBytes = kRandomBytes + kTimeBytes + 1;
constexpr size_t kMacBytes = 32;

// The body has a fixed length, so it cannot be taken for a part of the binding.
std::string mac_of(const Services& s, std::string_view body, std::string_view binding) {
  return server_mac(s, kMacPurpose, std::string(body) + std::string(binding));
}

Time made_at(std::string_view challenge) {
  const uint64_t time = tables::from_big_endian(challenge.substr(kRandomBytes, kTimeBytes));
  return Time(Milliseconds(static_cast<int64_t>(time)));
}

}  // namespace

std::string make_passkey_challenge(const Services& s, ChallengePurpose purpose,
                                   std::string_view binding, Time now) {
  std::string bytes = s.random.bytes(kRandomBytes) + tables::big_endian(now);
  bytes += static_cast<char>(purpose);
  return bytes + mac_of(s, bytes, binding);
}

std::optional<WebauthnRefusal> refusal_of_passkey_challenge(const Services& s,
                                                            std::string_view challenge,
                                                            ChallengePurpose purpose,
                                                            std::string_view binding, Time now) {
  if (challenge.size() != kBodyBytes + kMacBytes) return WebauthnRefusal::foreign_challenge;
  const std::string_view body = challenge.substr(0, kBodyBytes);
  if (!equal_constant_time(mac_of(s, body, binding), challenge.substr(kBodyBytes)) ||
      body.back() != static_cast<char>(purpose)) {
    return WebauthnRefusal::foreign_challenge;
  }
  const bool is_fresh = is_in_life(end_of_passkey_challenge(challenge), kPasskeyChallengeLife, now);
  return is_fresh ? std::nullopt : std::optional(WebauthnRefusal::stale_challenge);
}

std::string user_handle_for(const Services& s, std::string_view challenge) {
  return server_mac(s, "passkey user handle", challenge);
}

Time end_of_passkey_challenge(std::string_view challenge) {
  return made_at(challenge) + kPasskeyChallengeLife;
}

}  // namespace authd::auth
