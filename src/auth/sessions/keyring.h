// The signing keys. Several algorithms sign at the same time: RS256, ES256 and EdDSA, of which each
// client chooses one, and tokens.algorithm for authd's own access tokens. Of each algorithm, one
// key is `next` (published, so that verifiers have it before it signs), one is `active`, and older
// ones are `retired`: they still verify until everything they signed has expired.
//
// The store holds all of them sealed. A process keeps them opened in a KeyringCache. With
// every token it reads one number from the store, which shows whether they are still current, so a
// running server uses the keys of a rotation from the command line from the next request on.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "crypto/jose/signing_key.h"
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
  // Null if no key of the algorithm signs.
  const LoadedKey* active(crypto::Algorithm algorithm) const;
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

// A number that changes whenever the keys change, also when the data of another time takes their
// place: a hash of the row, in which a number counts and each key has its name.
uint64_t keyring_generation(store::Reader& tx);

// The keys that are in the store now; reloads them if the cached ones are outdated. Errors:
// `unavailable` when the master key does not open a key.
Result<std::shared_ptr<const KeySet>> current_keys(const Services& s);

// Tries with the newest keys again, should another process change them between two statements.
// attempt(keys) returns Result<std::optional<T>>: nullopt if keyring_generation() in its
// transaction is not that of `keys`. Errors: those of the attempt; `unavailable`.
template <typename T, typename Attempt>
Result<T> with_current_keys(const Services& s, const Attempt& attempt) {
  constexpr int kRounds = 3;
  std::shared_ptr<const KeySet> keys = s.keyring.last();
  if (!keys) keys = TRY(current_keys(s));
  for (int round = 0; round < kRounds; ++round) {
    Result<std::optional<T>> done = attempt(*keys);
    if (!done) return done.error();
    if (*done) return std::move(**done);
    keys = TRY(current_keys(s));
  }
  return Error{ErrorCode::unavailable, "The signing keys are being changed; try again."};
}

// The algorithm of authd's own access tokens: tokens.algorithm.
crypto::Algorithm access_algorithm(const config::Config& config);

// Creates the active and the next key of tokens.algorithm if they are missing. Idempotent.
Result<void> ensure_keyring(const Services& s);

// Creates the missing keys of every algorithm, and retires those that the configuration no longer
// names. Returns how many keys it changed. A background job, because a key for RS256 takes a while.
Result<size_t> complete_keyring(const Services& s);

// The key that signs with this algorithm now. Creates it if complete_keyring() has not been there
// yet. Error: `unavailable`.
Result<std::shared_ptr<const crypto::SigningKey>> signing_key(const Services& s,
                                                              crypto::Algorithm algorithm);

// How long a key should have been published before it signs, so that everyone who caches the public
// keys has fetched it.
inline constexpr Seconds kPublishedBeforeUse = std::chrono::hours(48);

struct RotatedKey {
  std::string kid;  // that is active now
  crypto::Algorithm algorithm{};
  bool is_early = false;  // published for less than kPublishedBeforeUse
};

// The next key becomes active, the active one retired, and a new next key is created. Without an
// algorithm, for all of them. Errors: `invalid`, "algorithm", if no key has it; `conflict`,
// "too_many_keys".
Result<std::vector<RotatedKey>> rotate_keys(const Services& s,
                                            std::optional<crypto::Algorithm> algorithm,
                                            const Origin& origin);

// Rotates the algorithms whose active key is older than tokens.rotate_every and whose next one was
// published long enough ago. A background job.
Result<std::vector<RotatedKey>> rotate_when_due(const Services& s, Time now);

// Withdraws a key immediately: from the next request on, everything it signed is refused. If it was
// active, the next key of its algorithm takes over. Errors: `not_found`.
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
