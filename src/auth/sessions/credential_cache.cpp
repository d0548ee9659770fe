#include "auth/sessions/credential_cache.h"

#include <cstdint>
#include <utility>

namespace authd::auth {

CredentialCache::Shard& CredentialCache::shard_of(const std::string& key) {
  return shards_[static_cast<uint8_t>(key[0]) % kShards];
}

CredentialCache::Known CredentialCache::find(const std::string& key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto it = shard.entries.find(key);
  return it == shard.entries.end() ? Known() : it->second;
}

void CredentialCache::insert(const std::string& key, Known known) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  // This comes first: an entry missing from the list would never be evicted.
  shard.order.push_back(key);
  if (!shard.entries.insert_or_assign(key, std::move(known)).second) {
    shard.order.pop_back();
    return;
  }
  if (shard.order.size() > kMaxEntries / kShards) {
    shard.entries.erase(shard.order.front());
    shard.order.pop_front();
  }
}

size_t CredentialCache::size() {
  size_t entries = 0;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    entries += shard.entries.size();
  }
  return entries;
}

std::string credential_key(Credential kind, std::string sha256_of_text) {
  sha256_of_text.back() = static_cast<char>(kind);
  return sha256_of_text;
}

Result<Seen> newest_standing(
    const Services& s, const CredentialCache::Known& known,
    FunctionRef<std::shared_ptr<const Standing>(store::ReadTxn&)> read_rows,
    const bool& names_rows) {
  return s.store.read([&](store::ReadTxn& tx) -> Result<Seen> {
    const uint64_t snapshot = tx.snapshot();
    const bool is_known = known.standing && snapshot != 0 && known.snapshot == snapshot;
    if (is_known) return Seen{known.standing, snapshot, false, names_rows};
    std::shared_ptr<const Standing> standing = read_rows(tx);
    return Seen{std::move(standing), snapshot, true, names_rows};
  });
}

void remember(const Services& s, const std::string& key, const Seen& seen) {
  if (!seen.is_new) return;
  s.credentials.insert(key, {seen.standing->claims, seen.standing, seen.snapshot});
}

}  // namespace authd::auth
