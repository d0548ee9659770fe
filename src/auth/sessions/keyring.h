// The signing keys. One is `next` (published, so that verifiers have it before it signs), one is
// `active`, and older ones are `retired`: they still verify until everything they signed has
// expired. The store holds all of them sealed. A process keeps them opened in a KeyringCache. With
// every token it reads one number from the store, which shows whether they are still current, so a
// running server uses the keys of a rotation from the command line from the next request on.
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

// The maximum lifetime of an access token; a retired key is useless after it.
inline constexpr Seconds kMaxAccessTokenLife = std::chrono::hours(24);

struct LoadedKey {
  tables::SigningKeyRow row;
  std::shared_ptr<const crypto::SigningKey> key;
};

// The opened keys of one generation; immutable.
struct KeySet {
  uint64_t generation = 0;
  std::vector<LoadedKey> keys;

  const LoadedKey* find(std::string_view kid) const;
  const LoadedKey& active() const;
};

// Thread-safe.
class KeyringCache {
 public:
  // The set that was loaded last, possibly outdated; null before the first load.
  std::shared_ptr<const KeySet> last() const;
  void replace(std::shared_ptr<const KeySet> keys);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;
};

// The context with which the private part of a key is sealed (crypto/secret_box.h).
std::string signing_key_context(std::string_view kid);

// A number that changes whenever the keys change.
uint64_t keyring_generation(store::Reader& tx);

// The keys that are in the store now; reloads them if the cached ones are outdated. Errors:
// `unavailable` when the master key does not open a key.
Result<std::shared_ptr<const KeySet>> current_keys(const Services& s);

// Creates the active and the next key if they are missing. Idempotent.
Result<void> ensure_keyring(const Services& s);

// The next key becomes active, the active one retired, and a new next key is created (with
// tokens.algorithm). Returns the kid of the new active key.
Result<std::string> rotate_keys(const Services& s, const Origin& origin);

// rotate_when_due() only lets a key sign once it has been published for this long, so that everyone
// who caches the public keys has fetched it.
inline constexpr Seconds kPublishedBeforeUse = std::chrono::hours(1);

// Rotates if the active key is older than tokens.rotate_every and the next one was published long
// enough ago. Returns the kid of the new active key, or nullopt if no rotation was due. A
// background job.
Result<std::optional<std::string>> rotate_when_due(const Services& s, Time now);

// Withdraws a key immediately: from the next request on, everything it signed is refused. If it was
// active, the next key takes over. Errors: `not_found`.
Result<void> withdraw_key(const Services& s, std::string_view kid, const Origin& origin);

// Removes retired keys whose last token has expired; returns how many. A background job.
Result<size_t> prune_keys(const Services& s, Time now);

// The JWK Set (RFC 7517 section 5) of the public keys, without symmetric keys.
std::string jwks_json(const KeySet& keys);

// A short identifier of this text, for caches; it changes when the text changes.
std::string jwks_tag(std::string_view json);

// "next", "active", "retired"
std::string_view state_name(tables::KeyState state);

}  // namespace authd::auth
