#include "auth/oauth/memory/proof_nonce.h"

#include "auth/core/server_mac.h"
#include "auth/oauth/memory/memory.h"
#include "base/encoding.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// time (8), MAC (16)
constexpr size_t kTimeBytes = 8;
constexpr size_t kMacBytes = 16;

Milliseconds since_the_beginning(const Services& s) {
  return std::chrono::duration_cast<Milliseconds>(s.clock.steady_now() - s.oauth.proofs.began());
}

std::string mac_of(const Services& s, std::string_view time) {
  const std::string began = tables::big_endian(s.oauth.proofs.started());
  return server_mac(s, "dpop nonce", began + std::string(time)).substr(0, kMacBytes);
}

}  // namespace

std::string make_proof_nonce(const Services& s) {
  const auto at = static_cast<uint64_t>(since_the_beginning(s).count());
  const std::string time = tables::big_endian(at);
  return base64url_encode(time + mac_of(s, time));
}

std::optional<Milliseconds> age_of_proof_nonce(const Services& s, std::string_view nonce) {
  const std::optional<std::string> bytes = base64url_decode(nonce);
  if (!bytes || bytes->size() != kTimeBytes + kMacBytes) return std::nullopt;
  const std::string_view time = std::string_view(*bytes).substr(0, kTimeBytes);
  if (!equal_constant_time(mac_of(s, time), bytes->substr(kTimeBytes))) return std::nullopt;
  const Milliseconds made_at(static_cast<int64_t>(tables::from_big_endian(time)));
  const Milliseconds age = since_the_beginning(s) - made_at;
  if (age < Milliseconds(0) || age > kNonceLife) return std::nullopt;
  return age;
}

}  // namespace authd::auth
