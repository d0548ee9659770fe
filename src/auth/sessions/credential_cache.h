// Caches facts about tokens, cookies and API keys between requests: that the signature or MAC of
// the text was valid, and the owner's rows in the store. It never caches a decision: every request
// checks the times again.
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

// Holds at most kMaxEntries, evicting the oldest first. Thread-safe, sharded. Belongs to one store,
// whose snapshots it refers to. credential_key() creates the keys of its entries.
class CredentialCache {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxEntries = 16 * 1024;

  struct Known {
    std::shared_ptr<const Claims> claims;      // null: not cached
    std::shared_ptr<const Standing> standing;  // null, or the rows in the store at `snapshot`
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

// The cache key of a credential: 31 bytes of its SHA-256, and its kind, so that a text that was
// valid as one kind is unknown as another.
std::string credential_key(Credential kind, std::string sha256_of_text);

// What the store contains about a credential.
struct Seen {
  std::shared_ptr<const Standing> standing;  // null: not valid
  uint64_t snapshot = 0;                     // the state that was read; 0 when it has no number
  bool is_new = false;                       // not from the cache
  bool names_rows = true;                    // false: not valid whatever the store contains
};

// Of several hosts, whether another one may have made the rows just now (store.h). Rows that are
// usually absent, such as that of a revocation, are no reason to ask.
inline bool says_no(const Seen& seen) {
  return !seen.standing && seen.names_rows;
}

// Reads the newest committed state of the store. If the rows of `known` were read in that same
// state, they are reused; otherwise `read_rows` returns the rows, or null. It must not check times,
// because its result is reused later. `names_rows` is false for what is read for equal work alone:
// a token with a wrong signature. Error: `unavailable`.
Result<Seen> newest_standing(
    const Services& s, const CredentialCache::Known& known,
    FunctionRef<std::shared_ptr<const Standing>(store::ReadTxn&)> read_rows,
    const bool& names_rows = true);

// Caches the result for later requests. Call it only for valid credentials.
void remember(const Services& s, const std::string& key, const Seen& seen);

}  // namespace authd::auth
