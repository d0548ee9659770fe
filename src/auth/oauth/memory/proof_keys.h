// The keys with which clients prove that a token is theirs (dpop.h). A client proves the same key
// with every request, and reading a key costs more than half as much as verifying with it; so keys
// that have verified a proof are kept, by the text of their JWK.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "crypto/jose/signing_key.h"

namespace authd::auth {

// Holds at most kMaxKeys, evicting the oldest first. Thread-safe, sharded. Nothing depends on what
// it holds but time: a key says nothing about who may have what.
class ProofKeys {
 public:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMaxKeys = 2048;

  using Key = std::shared_ptr<const crypto::SigningKey>;

  // The key of the JWK. Its kid() is the thumbprint (RFC 7638). Error: that of
  // crypto::parse_public_jwk(), which refuses private and weak ones.
  Result<Key> read(std::string_view jwk);
  // Keeps a key that has verified something.
  void keep(std::string_view jwk, Key key);
  size_t size();

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Key> keys;  // by the SHA-256 of the text
    std::list<std::string> order;               // oldest first
  };
  Shard& shard_of(const std::string& name);

  std::array<Shard, kShards> shards_;
};

}  // namespace authd::auth
