#include "auth/oauth/memory/proof_nonce.h"

#include <algorithm>

#include "auth/core/server_mac.h"
#include "auth/oauth/memory/memory.h"
#include "base/encoding.h"
#include "tables/rows/keys.h"

namespace authd::auth {
namespace {

// time (8), MAC (16)
constexpr size_t kTimeBytes = 8;
constexpr size_t kMacBytes = 16;
// Of the clocks of several hosts.
constexpr Milliseconds kClockDifference{5'000};

// Several hosts must know each other's nonces: a client behind a load balancer would never have the
// right one.
bool is_of_all_hosts(const Services& s) {
  return s.store.replication().has_value();
}

// Since this process began; of several hosts, since 1970.
Milliseconds age_of_all(const Services& s) {
  if (is_of_all_hosts(s)) return s.clock.now().time_since_epoch();
  return std::chrono::duration_cast<Milliseconds>(s.clock.steady_now() - s.oauth.proofs.began());
}

std::string mac_of(const Services& s, std::string_view time) {
  const std::string began =
      is_of_all_hosts(s) ? "all hosts" : tables::big_endian(s.oauth.proofs.started());
  return server_mac(s, "dpop nonce", began + std::string(time)).substr(0, kMacBytes);
}

}  // namespace

std::string make_proof_nonce(const Services& s) {
  const auto at = static_cast<uint64_t>(age_of_all(s).count());
  const std::string time = tables::big_endian(at);
  return base64url_encode(time + mac_of(s, time));
}

std::optional<Milliseconds> age_of_proof_nonce(const Services& s, std::string_view nonce) {
  const std::optional<std::string> bytes = base64url_decode(nonce);
  if (!bytes || bytes->size() != kTimeBytes + kMacBytes) return std::nullopt;
  const std::string_view time = std::string_view(*bytes).substr(0, kTimeBytes);
  if (!equal_constant_time(mac_of(s, time), bytes->substr(kTimeBytes))) return std::nullopt;
  const Milliseconds made_at(static_cast<int64_t>(tables::from_big_endian(time)));
  const Milliseconds age = age_of_all(s) - made_at;
  if (age < -kClockDifference || age > kNonceLife) return std::nullopt;
  return std::max(age, Milliseconds(0));
}

}  // namespace authd::auth
