#include "auth/oauth/memory/proof_keys.h"

#include <cstdint>

#include "crypto/digest.h"

namespace authd::auth {

ProofKeys::Shard& ProofKeys::shard_of(const std::string& name) {
  return shards_[static_cast<uint8_t>(name[0]) % kShards];
}

Result<ProofKeys::Key> ProofKeys::read(std::string_view jwk) {
  const std::string name = crypto::sha256(jwk);
  Shard& shard = shard_of(name);
  {
    const std::lock_guard lock(shard.mutex);
    const auto known = shard.keys.find(name);
    if (known != shard.keys.end()) return known->second;
  }
  crypto::SigningKey key = TRY(crypto::SigningKey::from_public_jwk(jwk));
  return std::make_shared<const crypto::SigningKey>(std::move(key));
}

void ProofKeys::keep(std::string_view jwk, Key key) {
  const std::string name = crypto::sha256(jwk);
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  if (shard.keys.contains(name)) return;
  // This comes first: a key that is missing from the list would never be evicted.
  shard.order.push_back(name);
  shard.keys.emplace(name, std::move(key));
  if (shard.order.size() > kMaxKeys / kShards) {
    shard.keys.erase(shard.order.front());
    shard.order.pop_front();
  }
}

size_t ProofKeys::size() {
  size_t keys = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    keys += shard.keys.size();
  }
  return keys;
}

}  // namespace authd::auth
