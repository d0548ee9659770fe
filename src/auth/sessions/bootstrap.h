// What a store needs before the first request: the current schema, the server's own secrets, the
// default roles and signing keys. Idempotent and safe in several processes at once; the server and
// every command run it.
#pragma once

#include "auth/core/services.h"
#include "tables/migrations.h"

namespace authd::auth {

// Migrates the tables and returns the key of the refresh tokens (made and sealed at the first
// start). Error: `unavailable` with a message for the operator when the master key is not the one
// of this store, or the store is newer than this binary.
Result<SecretKey> open_server_key(
    store::Store& store, const crypto::MasterKeys& master_key, const Clock& clock, Random& random,
    std::span<const tables::Migration> migrations = tables::released_migrations());

// Makes the default roles and the signing keys.
Result<void> prepare_store(const Services& s);

// Whether the master key is the one that the data is sealed with; makes nothing. True for a store
// that has nothing sealed.
Result<bool> opens(store::Store& store, const crypto::MasterKeys& master_key);

}  // namespace authd::auth
