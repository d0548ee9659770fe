#include "auth/token_cache.h"

#include <cstdint>
#include <utility>

namespace authd::auth {

TokenCache::Shard& TokenCache::shard_of(const std::string& digest) {
  return shards_[static_cast<uint8_t>(digest[0]) % kShards];
}

TokenCache::Known TokenCache::find(const std::string& digest) {
  Shard& shard = shard_of(digest);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.entries.find(digest);
  return it == shard.entries.end() ? Known() : it->second;
}

void TokenCache::insert(const std::string& digest, Known known) {
  Shard& shard = shard_of(digest);
  const std::lock_guard lock(shard.mutex);
  // First: an entry that nothing names would never be forgotten.
  shard.order.push_back(digest);
  if (!shard.entries.insert_or_assign(digest, std::move(known)).second) {
    shard.order.pop_back();
    return;
  }
  if (shard.order.size() > kMaxEntries / kShards) {
    shard.entries.erase(shard.order.front());
    shard.order.pop_front();
  }
}

size_t TokenCache::size() {
  size_t entries = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    entries += shard.entries.size();
  }
  return entries;
}

}  // namespace authd::auth
