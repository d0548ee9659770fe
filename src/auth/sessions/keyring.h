// The signing keys: one is next (published, so that verifiers have it before it signs), one is
// active, older ones are retired and verify until everything they signed has expired. All live
// sealed in the store. A process keeps them opened in a KeyringCache and sees by one number in the
// store, read with every token, whether they are still the keys: a rotation by the command line
// takes effect in a running server with the next request.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "crypto/signing_key.h"
#include "tables/schema.h"

namespace authd::auth {

// No access token lives longer than this, so a retired key is of no use after it.
inline constexpr Seconds kMaxAccessTokenLife = std::chrono::hours(24);

struct LoadedKey {
  tables::SigningKeyRow row;
  std::shared_ptr<const crypto::SigningKey> key;
};

// The keys of one generation, opened; immutable.
struct KeySet {
  uint64_t generation = 0;
  std::vector<LoadedKey> keys;

  const LoadedKey* find(std::string_view kid) const;
  const LoadedKey& active() const;
};

// Thread-safe.
class KeyringCache {
 public:
  // The set that was loaded last, perhaps out of date; null before the first load.
  std::shared_ptr<const KeySet> last() const;
  void replace(std::shared_ptr<const KeySet> keys);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
};

// The context under which the private part of a key is sealed (crypto/secret_box.h).
std::string signing_key_context(std::string_view kid);

// The number that changes with each change of the keys.
uint64_t keyring_generation(store::Reader& tx);

// The keys as they are in the store now; loads them when the cached ones are out of date. Errors:
// `unavailable` when a key does not open under the master key.
Result<std::shared_ptr<const KeySet>> current_keys(const Services& s);

// Makes the active and the next key unless they are there. Idempotent.
Result<void> ensure_keyring(const Services& s);

// next becomes active, active becomes retired, a new next is made (of tokens.algorithm). Returns
// the kid of the key that signs now.
Result<std::string> rotate_keys(const Services& s, const Origin& origin);

// No key signs before it was published for so long when rotate_when_due() decides: whoever keeps
// the public keys has asked for them again meanwhile.
inline constexpr Seconds kPublishedBeforeUse = std::chrono::hours(1);

// Rotates when the active key is older than tokens.rotate_every and the next one was published long
// enough. Returns the kid of the key that signs now, or nullopt when it was not due. A background
// job.
Result<std::optional<std::string>> rotate_when_due(const Services& s, Time now);

// Takes a key away at once: what it signed is refused from the next request on. When it is the
// active one, the next one takes over. Errors: `not_found`.
Result<void> withdraw_key(const Services& s, std::string_view kid, const Origin& origin);

// Removes retired keys whose last token has expired; returns how many. A background job.
Result<size_t> prune_keys(const Services& s, Time now);

// The JWK Set (RFC 7517 section 5) of the public keys, symmetric keys left out.
std::string jwks_json(const KeySet& keys);

// A short name of that text that changes with it, for caches.
std::string jwks_tag(std::string_view json);

// "next", "active", "retired"
std::string_view state_name(tables::KeyState state);

}  // namespace authd::auth
