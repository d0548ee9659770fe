#include "auth/sessions/keyring.h"

#include <algorithm>
#include <array>

#include "auth/core/audit/audit.h"
#include "auth/core/sealing.h"
#include "auth/sessions/sessions.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "base/refusal.h"
#include "crypto/digest.h"

namespace authd::auth {
namespace {

using tables::KeyState;
using tables::SigningKeyRow;

constexpr std::string_view kCurrent = "current";

// The most keys of one algorithm: further rotations are refused.
constexpr size_t kMaxKeys = 20;

// What clients can choose for their tokens (auth/oauth/protocol/words.h).
constexpr std::array kForClients = {crypto::Algorithm::rs256, crypto::Algorithm::es256,
                                    crypto::Algorithm::eddsa};

std::vector<crypto::Algorithm> algorithms_of(const config::Config& config) {
  std::vector<crypto::Algorithm> all(kForClients.begin(), kForClients.end());
  const crypto::Algorithm own = access_algorithm(config);
  if (std::find(all.begin(), all.end(), own) == all.end()) all.push_back(own);
  return all;
}

tables::Keyring find_ring(store::Reader& tx) {
  return tables::keyrings.find(tx, kCurrent).value_or(tables::Keyring{});
}

SigningKeyRow get_key(store::Reader& tx, std::string_view kid) {
  std::optional<SigningKeyRow> row = tables::signing_keys.find(tx, kid);
  if (!row)
    throw store::Fault(store::FaultKind::corrupt, "the keyring names a key that does not exist");
  return std::move(*row);
}

void put_ring(store::WriteTxn& tx, tables::Keyring ring) {
  ring.generation += 1;
  tables::keyrings.put(tx, kCurrent, ring);
}

Result<SigningKeyRow> make_key(const Services& s, crypto::Algorithm algorithm, KeyState state) {
  crypto::SigningKey key = TRY(crypto::SigningKey::generate(algorithm, s.random));
  // `authd key retire` would mistake it for an option.
  while (key.kid().starts_with('-'))
    key = TRY(crypto::SigningKey::generate(algorithm, s.random));
  SigningKeyRow row;
  row.kid = key.kid();
  row.algorithm = crypto::name(algorithm);
  row.state = state;
  row.sealed_private =
      s.master_key.seal(key.private_bytes().reveal(), signing_key_context(row.kid), s.random);
  row.created_at = s.clock.now();
  if (state == KeyState::active) row.activated_at = row.created_at;
  return row;
}

void insert_key(const Services& s, store::WriteTxn& tx, tables::Keyring& ring, SigningKeyRow row) {
  row.sealed_private =
      sealed_now(s, tx, std::move(row.sealed_private), signing_key_context(row.kid));
  tables::signing_keys.put(tx, row.kid, row);
  ring.kids.push_back(row.kid);
}

// The rows of one algorithm.
std::vector<SigningKeyRow> rows_of(store::Reader& tx, const tables::Keyring& ring,
                                   std::string_view algorithm) {
  std::vector<SigningKeyRow> rows;
  for (const std::string& kid : ring.kids) {
    SigningKeyRow row = get_key(tx, kid);
    if (row.algorithm == algorithm) rows.push_back(std::move(row));
  }
  return rows;
}

bool has_state(const std::vector<SigningKeyRow>& rows, KeyState state) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const SigningKeyRow& row) { return row.state == state; });
}

void retire(store::WriteTxn& tx, SigningKeyRow row, Time now) {
  row.state = KeyState::retired;
  row.retired_at = now;
  tables::signing_keys.put(tx, row.kid, row);
}

// Makes the next key of the algorithm active; `fresh` becomes its next one. Returns the key that is
// active now.
SigningKeyRow promote(const Services& s, store::WriteTxn& tx, tables::Keyring& ring,
                      const SigningKeyRow& fresh, Time now) {
  SigningKeyRow promoted;
  for (SigningKeyRow& row : rows_of(tx, ring, fresh.algorithm)) {
    if (row.state == KeyState::active) retire(tx, row, now);
    if (row.state != KeyState::next) continue;
    row.state = KeyState::active;
    row.activated_at = now;
    tables::signing_keys.put(tx, row.kid, row);
    promoted = std::move(row);
  }
  insert_key(s, tx, ring, fresh);
  return promoted;
}

// The keys of the algorithm that are missing in the store now.
Result<std::vector<SigningKeyRow>> make_missing(const Services& s, crypto::Algorithm algorithm) {
  const auto rows = TRY(s.store.read([&](store::ReadTxn& tx) {
    return Result<std::vector<SigningKeyRow>>(rows_of(tx, find_ring(tx), crypto::name(algorithm)));
  }));
  std::vector<SigningKeyRow> missing;
  for (const KeyState state : {KeyState::active, KeyState::next}) {
    if (!has_state(rows, state)) missing.push_back(TRY(make_key(s, algorithm, state)));
  }
  return missing;
}

Result<size_t> ensure_keys(const Services& s, crypto::Algorithm algorithm) {
  const std::vector<SigningKeyRow> missing = TRY(make_missing(s, algorithm));
  if (missing.empty()) return 0;
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    tables::Keyring ring = find_ring(tx);
    const std::vector<SigningKeyRow> there = rows_of(tx, ring, crypto::name(algorithm));
    size_t count = 0;
    for (const SigningKeyRow& row : missing) {
      if (has_state(there, row.state)) continue;  // Another process was faster.
      insert_key(s, tx, ring, row);
      count += 1;
    }
    if (count > 0) put_ring(tx, ring);
    return count;
  });
}

// A key of an algorithm that signs nothing any longer.
Result<size_t> retire_others(const Services& s) {
  const std::vector<crypto::Algorithm> wanted = algorithms_of(s.config);
  const auto is_other = [&](const SigningKeyRow& row) {
    const bool is_wanted = std::any_of(
        wanted.begin(), wanted.end(),
        [&](crypto::Algorithm algorithm) { return crypto::name(algorithm) == row.algorithm; });
    return !is_wanted && row.state != KeyState::retired;
  };
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  if (std::none_of(keys->keys.begin(), keys->keys.end(),
                   [&](const LoadedKey& key) { return is_other(key.row); })) {
    return 0;
  }
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    tables::Keyring ring = find_ring(tx);
    size_t count = 0;
    std::erase_if(ring.kids, [&](const std::string& kid) {
      const SigningKeyRow row = get_key(tx, kid);
      if (!is_other(row)) return false;
      count += 1;
      if (row.state == KeyState::active) retire(tx, row, now);
      if (row.state == KeyState::next) tables::signing_keys.del(tx, kid);
      return row.state == KeyState::next;
    });
    put_ring(tx, ring);
    return count;
  });
}

Result<std::shared_ptr<const KeySet>> load_keys(const Services& s) {
  auto set = std::make_shared<KeySet>();
  const std::vector<SigningKeyRow> rows =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<SigningKeyRow>> {
        const tables::Keyring ring = find_ring(tx);
        set->generation = keyring_generation(tx);
        std::vector<SigningKeyRow> found;
        for (const std::string& kid : ring.kids)
          found.push_back(get_key(tx, kid));
        return found;
      }));
  for (const SigningKeyRow& row : rows) {
    if (s.is_replica) {
      // What signs by a shared secret is not there.
      if (row.public_jwk.empty()) continue;
      crypto::SigningKey key = TRY(crypto::SigningKey::from_public_jwk(row.public_jwk));
      set->keys.push_back({row, std::make_shared<const crypto::SigningKey>(std::move(key))});
      continue;
    }
    const std::optional<std::string> opened =
        s.master_key.open(row.sealed_private, signing_key_context(row.kid));
    const std::optional<crypto::Algorithm> algorithm = crypto::parse_algorithm(row.algorithm);
    if (!opened || !algorithm) {
      return Error{ErrorCode::unavailable, "signing key " + row.kid +
                                               " does not open: it is sealed with the master key " +
                                               crypto::MasterKey::id_of(row.sealed_private) +
                                               ", and " + s.config.secrets.master_key_file +
                                               " does not hold that key, or the row is damaged"};
    }
    crypto::SigningKey key = TRY(crypto::SigningKey::from_private(*algorithm, SecretKey(*opened)));
    set->keys.push_back({row, std::make_shared<const crypto::SigningKey>(std::move(key))});
  }
  return std::shared_ptr<const KeySet>(std::move(set));
}

}  // namespace

std::string signing_key_context(std::string_view kid) {
  return "signing_key/" + std::string(kid);
}

const LoadedKey* KeySet::find(std::string_view kid) const {
  const auto it = std::find_if(keys.begin(), keys.end(),
                               [&](const LoadedKey& key) { return key.row.kid == kid; });
  return it == keys.end() ? nullptr : &*it;
}

const LoadedKey* KeySet::active(crypto::Algorithm algorithm) const {
  const auto it = std::find_if(keys.begin(), keys.end(), [&](const LoadedKey& key) {
    return key.row.state == KeyState::active && key.key->algorithm() == algorithm;
  });
  return it == keys.end() ? nullptr : &*it;
}

std::shared_ptr<const KeySet> KeyringCache::last() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void KeyringCache::replace(std::shared_ptr<const KeySet> keys) {
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
}

uint64_t keyring_generation(store::Reader& tx) {
  uint64_t hash = 0;
  tx.look(tables::keyrings.full_key(kCurrent),
          [&](std::string_view row) { hash = std::hash<std::string_view>()(row); });
  return hash;
}

Result<std::shared_ptr<const KeySet>> current_keys(const Services& s) {
  std::shared_ptr<const KeySet> keys = s.keyring.last();
  if (keys) {
    const uint64_t generation = TRY(s.store.read(
        [](store::ReadTxn& tx) -> Result<uint64_t> { return keyring_generation(tx); }));
    if (generation == keys->generation) return keys;
  }
  keys = TRY(load_keys(s));
  s.keyring.replace(keys);
  return keys;
}

crypto::Algorithm access_algorithm(const config::Config& config) {
  const auto algorithm = crypto::parse_algorithm(config::word_of(config.tokens.algorithm));
  CHECK(algorithm);  // config/ accepts only these names.
  return *algorithm;
}

Result<void> ensure_keyring(const Services& s) {
  TRY(ensure_keys(s, access_algorithm(s.config)));
  return {};
}

Result<size_t> complete_keyring(const Services& s) {
  size_t count = 0;
  for (const crypto::Algorithm algorithm : algorithms_of(s.config))
    count += TRY(ensure_keys(s, algorithm));
  return count + TRY(retire_others(s));
}

Result<std::shared_ptr<const crypto::SigningKey>> signing_key(const Services& s,
                                                              crypto::Algorithm algorithm) {
  std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  if (keys->active(algorithm) == nullptr) {
    TRY(ensure_keys(s, algorithm));
    keys = TRY(current_keys(s));
  }
  const LoadedKey* key = keys->active(algorithm);
  if (key == nullptr) {
    return Error{ErrorCode::unavailable, "The signing keys are being changed; try again."};
  }
  return key->key;
}

Result<std::vector<RotatedKey>> rotate_keys(const Services& s,
                                            std::optional<crypto::Algorithm> algorithm,
                                            const Origin& origin) {
  std::vector<crypto::Algorithm> algorithms = algorithms_of(s.config);
  if (algorithm) {
    if (std::find(algorithms.begin(), algorithms.end(), *algorithm) == algorithms.end()) {
      return Error{ErrorCode::invalid, "no signing key has this algorithm", "algorithm"};
    }
    algorithms = {*algorithm};
  }
  std::vector<SigningKeyRow> fresh;
  for (const crypto::Algorithm one : algorithms) {
    TRY(ensure_keys(s, one));
    fresh.push_back(TRY(make_key(s, one, KeyState::next)));
  }
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<std::vector<RotatedKey>> {
    tables::Keyring ring = find_ring(tx);
    std::vector<RotatedKey> rotated;
    for (const SigningKeyRow& key : fresh) {
      const size_t count = rows_of(tx, ring, key.algorithm).size();
      if (count >= kMaxKeys) {
        return refused(ErrorCode::conflict, "too_many_keys",
                       "there are already " + std::to_string(count) + " keys for " + key.algorithm +
                           "; retired ones are removed 24 hours after their rotation, or at once "
                           "with `authd key retire`");
      }
      const SigningKeyRow promoted = promote(s, tx, ring, key, now);
      rotated.push_back({promoted.kid, algorithms[rotated.size()],
                         promoted.created_at + kPublishedBeforeUse > now});
      audit(s, tx, origin, {"keys_rotated", std::nullopt, "ok", key.algorithm}, now);
    }
    put_ring(tx, ring);
    return rotated;
  });
}

Result<std::vector<RotatedKey>> rotate_when_due(const Services& s, Time now) {
  std::vector<RotatedKey> rotated;
  const Milliseconds every = s.config.tokens.rotate_every;
  if (every == Milliseconds(0)) return rotated;
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  // A time in the future was stored while the clock was ahead and counts as long past; otherwise no
  // key would be rotated until that time.
  const auto is_past = [&](Time since, Milliseconds age) {
    return since + age <= now || since > now + kMaxStepBack;
  };
  Origin origin;
  origin.operator_name = "job:rotate_keys";
  for (const crypto::Algorithm algorithm : algorithms_of(s.config)) {
    const LoadedKey* active = keys->active(algorithm);
    if (active == nullptr || !is_past(active->row.activated_at, every)) continue;
    const bool is_known =
        std::any_of(keys->keys.begin(), keys->keys.end(), [&](const LoadedKey& key) {
          return key.row.state == KeyState::next && key.key->algorithm() == algorithm &&
                 is_past(key.row.created_at, kPublishedBeforeUse);
        });
    if (!is_known) continue;
    std::vector<RotatedKey> one = TRY(rotate_keys(s, algorithm, origin));
    rotated.insert(rotated.end(), one.begin(), one.end());
  }
  return rotated;
}

Result<void> withdraw_key(const Services& s, std::string_view kid, const Origin& origin) {
  const auto missing = [&] {
    return Error{ErrorCode::not_found, "there is no signing key " + std::string(kid)};
  };
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  const LoadedKey* withdrawn = keys->find(kid);
  if (withdrawn == nullptr) return missing();
  const SigningKeyRow fresh = TRY(make_key(s, withdrawn->key->algorithm(), KeyState::next));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Keyring ring = find_ring(tx);
    const auto it = std::find(ring.kids.begin(), ring.kids.end(), kid);
    if (it == ring.kids.end()) return missing();
    const KeyState state = get_key(tx, kid).state;
    ring.kids.erase(it);
    tables::signing_keys.del(tx, kid);
    if (state == KeyState::active) promote(s, tx, ring, fresh, now);
    if (state == KeyState::next) insert_key(s, tx, ring, fresh);
    put_ring(tx, ring);
    audit(s, tx, origin, {"key_withdrawn", std::nullopt, "ok", kid}, now);
    return {};
  });
}

Result<size_t> prune_keys(const Services& s, Time now) {
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  const auto is_spent = [&](const SigningKeyRow& row) {
    return row.state == KeyState::retired && row.retired_at + kMaxAccessTokenLife < now;
  };
  if (std::none_of(keys->keys.begin(), keys->keys.end(),
                   [&](const LoadedKey& key) { return is_spent(key.row); })) {
    return 0;
  }
  return s.store.write([&](store::WriteTxn& tx) -> Result<size_t> {
    tables::Keyring ring = find_ring(tx);
    const size_t removed = std::erase_if(ring.kids, [&](const std::string& kid) {
      if (!is_spent(get_key(tx, kid))) return false;
      tables::signing_keys.del(tx, kid);
      return true;
    });
    if (removed > 0) put_ring(tx, ring);
    return removed;
  });
}

std::string jwks_json(const KeySet& keys) {
  JsonWriter json;
  json.begin_object().key("keys").begin_array();
  for (const LoadedKey& key : keys.keys) {
    const std::string jwk = key.key->public_jwk();
    if (!jwk.empty()) json.raw(jwk);
  }
  json.end_array().end_object();
  return json.take();
}

std::string jwks_tag(std::string_view json) {
  constexpr size_t kBytes = 16;
  return hex_encode(crypto::sha256(json).substr(0, kBytes));
}

std::string_view state_name(tables::KeyState state) {
  switch (state) {
    case tables::KeyState::next: return "next";
    case tables::KeyState::active: return "active";
    case tables::KeyState::retired: return "retired";
  }
  __builtin_unreachable();
}

}  // namespace authd::auth
