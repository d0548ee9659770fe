// What is remembered of access tokens between two requests: that the signature was good, and what
// the store said.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "auth/caller.h"

namespace authd::auth {

// What is known of tokens whose signature is good, by the SHA-256 of the token. Bounded:
// kMaxEntries, oldest out first. Thread-safe, sharded. Of one store: the snapshots are its.
class TokenCache {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxEntries = 16 * 1024;

  struct Known {
    std::shared_ptr<const Claims> claims;      // null: nothing is known
    std::shared_ptr<const Standing> standing;  // null, or what the store said at `snapshot`
    uint64_t snapshot = 0;
  };

  Known find(const std::string& digest);
  void insert(const std::string& digest, Known known);
  size_t size();

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Known> entries;
    std::list<std::string> order;  // insertion order, oldest first
  };
  Shard& shard_of(const std::string& digest);

  std::array<Shard, kShards> shards_;
};

}  // namespace authd::auth
