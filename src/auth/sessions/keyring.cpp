#include "auth/sessions/keyring.h"

#include <algorithm>

#include "auth/core/audit.h"
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

// The maximum size of the ring: further rotations are refused.
constexpr size_t kMaxKeys = 20;

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

Result<SigningKeyRow> make_key(const Services& s, KeyState state) {
  const std::optional<crypto::Algorithm> algorithm =
      crypto::parse_algorithm(config::word_of(s.config.tokens.algorithm));
  CHECK(algorithm);  // config/ accepts only these names.
  crypto::SigningKey key = TRY(crypto::SigningKey::generate(*algorithm, s.random));
  // `authd key retire` would mistake it for an option.
  while (key.kid().starts_with('-'))
    key = TRY(crypto::SigningKey::generate(*algorithm, s.random));
  SigningKeyRow row;
  row.kid = key.kid();
  row.algorithm = crypto::name(*algorithm);
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

// Makes the next key active; `fresh` becomes the next one.
void promote(const Services& s, store::WriteTxn& tx, tables::Keyring& ring,
             const SigningKeyRow& fresh, Time now) {
  for (const std::string& kid : ring.kids) {
    SigningKeyRow row = get_key(tx, kid);
    if (row.state == KeyState::active) {
      row.state = KeyState::retired;
      row.retired_at = now;
    } else if (row.state == KeyState::next) {
      row.state = KeyState::active;
      row.activated_at = now;
    } else {
      continue;
    }
    tables::signing_keys.put(tx, kid, row);
  }
  insert_key(s, tx, ring, fresh);
}

Result<std::shared_ptr<const KeySet>> load_keys(const Services& s) {
  auto set = std::make_shared<KeySet>();
  const std::vector<SigningKeyRow> rows =
      TRY(s.store.read([&](store::ReadTxn& tx) -> Result<std::vector<SigningKeyRow>> {
        const tables::Keyring ring = find_ring(tx);
        set->generation = ring.generation;
        std::vector<SigningKeyRow> found;
        for (const std::string& kid : ring.kids)
          found.push_back(get_key(tx, kid));
        return found;
      }));
  for (const SigningKeyRow& row : rows) {
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

const LoadedKey& KeySet::active() const {
  const auto it = std::find_if(keys.begin(), keys.end(), [](const LoadedKey& key) {
    return key.row.state == KeyState::active;
  });
  CHECK(it != keys.end());  // ensure_keyring() created one, and every change keeps one.
  return *it;
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
  return tables::keyrings.find_number(tx, kCurrent, tables::Keyring::kGeneration);
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

Result<void> ensure_keyring(const Services& s) {
  const bool there = TRY(
      s.store.read([](store::ReadTxn& tx) -> Result<bool> { return !find_ring(tx).kids.empty(); }));
  if (there) return {};
  const SigningKeyRow active = TRY(make_key(s, KeyState::active));
  const SigningKeyRow next = TRY(make_key(s, KeyState::next));
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Keyring ring = find_ring(tx);
    if (!ring.kids.empty()) return {};  // Another process was faster.
    insert_key(s, tx, ring, active);
    insert_key(s, tx, ring, next);
    put_ring(tx, ring);
    return {};
  });
}

Result<std::string> rotate_keys(const Services& s, const Origin& origin) {
  const SigningKeyRow fresh = TRY(make_key(s, KeyState::next));
  const Time now = s.clock.now();
  TRY(s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Keyring ring = find_ring(tx);
    if (ring.kids.size() >= kMaxKeys) {
      return refused(ErrorCode::conflict, "too_many_keys",
                     "there are already " + std::to_string(ring.kids.size()) +
                         " keys; retired ones are removed 24 hours after their rotation, or at "
                         "once with `authd key retire`");
    }
    promote(s, tx, ring, fresh, now);
    put_ring(tx, ring);
    audit(s, tx, origin, {"keys_rotated", UserId{}}, now);
    return {};
  }));
  return TRY(current_keys(s))->active().row.kid;
}

Result<std::optional<std::string>> rotate_when_due(const Services& s, Time now) {
  using Kid = std::optional<std::string>;
  const Milliseconds every = s.config.tokens.rotate_every;
  if (every == Milliseconds(0)) return Kid();
  const std::shared_ptr<const KeySet> keys = TRY(current_keys(s));
  // A time in the future was stored while the clock was ahead and counts as long past; otherwise no
  // key would be rotated until that time.
  const auto is_past = [&](Time since, Milliseconds age) {
    return since + age <= now || since > now + kMaxStepBack;
  };
  const bool is_old = is_past(keys->active().row.activated_at, every);
  const bool is_known =
      std::any_of(keys->keys.begin(), keys->keys.end(), [&](const LoadedKey& key) {
        return key.row.state == KeyState::next && is_past(key.row.created_at, kPublishedBeforeUse);
      });
  if (!is_old || !is_known) return Kid();
  Origin origin;
  origin.operator_name = "job:rotate_keys";
  return Kid(TRY(rotate_keys(s, origin)));
}

Result<void> withdraw_key(const Services& s, std::string_view kid, const Origin& origin) {
  const SigningKeyRow fresh = TRY(make_key(s, KeyState::next));
  const Time now = s.clock.now();
  return s.store.write([&](store::WriteTxn& tx) -> Result<void> {
    tables::Keyring ring = find_ring(tx);
    const auto it = std::find(ring.kids.begin(), ring.kids.end(), kid);
    if (it == ring.kids.end()) {
      return Error{ErrorCode::not_found, "there is no signing key " + std::string(kid)};
    }
    const KeyState state = get_key(tx, kid).state;
    ring.kids.erase(it);
    tables::signing_keys.del(tx, kid);
    if (state == KeyState::active) promote(s, tx, ring, fresh, now);
    if (state == KeyState::next) insert_key(s, tx, ring, fresh);
    put_ring(tx, ring);
    audit(s, tx, origin, {"key_withdrawn", UserId{}, "ok", kid}, now);
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
