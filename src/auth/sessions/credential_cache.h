// What is remembered of tokens, cookies and API keys between two requests: that the text itself was
// good (its signature or MAC), and what the store said of whoever has it. Only rows are remembered,
// never a judgement: the times are looked at by each request.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "auth/core/caller.h"
#include "auth/core/services.h"
#include "base/function_ref.h"

namespace authd::auth {

// Bounded: kMaxEntries, oldest out first. Thread-safe, sharded. Of one store: the snapshots are
// its. Entries have the names that credential_key() gives.
class CredentialCache {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxEntries = 16 * 1024;

  struct Known {
    std::shared_ptr<const Claims> claims;      // null: nothing is known
    std::shared_ptr<const Standing> standing;  // null, or what the store said at `snapshot`
    uint64_t snapshot = 0;
  };

  Known find(const std::string& key);
  void insert(const std::string& key, Known known);
  size_t size();

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Known> entries;
    std::list<std::string> order;  // insertion order, oldest first
  };
  Shard& shard_of(const std::string& key);

  std::array<Shard, kShards> shards_;
};

// The name of a credential in the cache: 31 bytes of its SHA-256, and its kind, so that a text
// which was good as one kind is unknown as another.
std::string credential_key(Credential kind, std::string sha256_of_text);

// What the store says of a credential.
struct Seen {
  std::shared_ptr<const Standing> standing;  // null: nothing good
  uint64_t snapshot = 0;                     // the state that was read, 0 when it has no number
  bool is_new = false;                       // not known from before
};

// Looks at the newest committed state of the store. When that is the very state in which the rows
// of `known` were read, they serve again; else `read_rows` finds them, or nothing. It looks at rows
// alone and not at the time, since what it finds is asked again later. Error: `unavailable`.
Result<Seen> newest_standing(
    const Services& s, const CredentialCache::Known& known,
    FunctionRef<std::shared_ptr<const Standing>(store::ReadTxn&)> read_rows);

// For the next request. Only for what was found good.
void remember(const Services& s, const std::string& key, const Seen& seen);

}  // namespace authd::auth
