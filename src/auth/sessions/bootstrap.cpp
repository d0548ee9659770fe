#include "auth/sessions/bootstrap.h"

#include "auth/core/sealing.h"
#include "auth/sessions/keyring.h"
#include "auth/sessions/roles.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr std::string_view kContext = "server_secret/refresh";
constexpr size_t kKeyBytes = 32;

}  // namespace

Result<SecretKey> open_server_key(store::Store& store, const crypto::MasterKeys& master_key,
                                  const Clock& clock, Random& random,
                                  std::span<const tables::Migration> migrations) {
  TRY(tables::migrate(store, migrations));
  tables::ServerSecret fresh;
  fresh.name = kServerSecret;
  fresh.sealed = master_key.seal(random.bytes(kKeyBytes), kContext, random);
  fresh.created_at = clock.now();
  using Found = std::optional<tables::ServerSecret>;
  Found secret = TRY(store.read([](store::ReadTxn& tx) -> Result<Found> {
    return tables::server_secrets.find(tx, kServerSecret);
  }));
  if (!secret) {
    secret = TRY(store.write([&](store::WriteTxn& tx) -> Result<Found> {
      // Another process may have been faster; then its secret counts.
      if (Found other = tables::server_secrets.find(tx, kServerSecret)) return other;
      tables::server_secrets.put(tx, kServerSecret, fresh);
      return Found(fresh);
    }));
  }
  std::optional<std::string> key = master_key.open(secret->sealed, kContext);
  if (!key) {
    return Error{ErrorCode::unavailable,
                 "the master key does not open this data, which is sealed with the key " +
                     crypto::MasterKey::id_of(secret->sealed) +
                     "; available: " + joined(master_key.ids(), ", ") +
                     ". Set secrets.master_key_file to the file that it was created with, or "
                     "restore that file"};
  }
  master_key.seal_with(crypto::MasterKey::id_of(secret->sealed));
  return SecretKey(std::move(*key));
}

Result<bool> opens(store::Store& store, const crypto::MasterKeys& master_key) {
  return store.read([&](store::ReadTxn& tx) -> Result<bool> {
    const std::optional<tables::ServerSecret> secret =
        tables::server_secrets.find(tx, kServerSecret);
    return !secret || master_key.open(secret->sealed, kContext).has_value();
  });
}

Result<void> prepare_store(const Services& s) {
  TRY(ensure_roles(s));
  return ensure_keyring(s);
}

}  // namespace authd::auth
