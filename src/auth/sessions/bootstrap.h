// Prepares a store for its first request: the current schema, the server's own secrets, the default
// roles and the signing keys. Idempotent and safe in several processes at the same time; the server
// and every command run it.
#pragma once

#include "auth/core/services.h"
#include "tables/migrations.h"

namespace authd::auth {

// Migrates the tables and returns the key of the refresh tokens, which the first start creates and
// seals. Error: `unavailable`, with a message for the operator, when this is not the store's master
// key, or when the store is newer than this binary.
Result<SecretKey> open_server_key(
    store::Store& store, const crypto::MasterKeys& master_key, const Clock& clock, Random& random,
    std::span<const tables::Migration> migrations = tables::released_migrations());

// Creates the default roles and the signing keys.
Result<void> prepare_store(const Services& s);

// Whether the master key opens this store's data; creates nothing. True for a store without sealed
// data.
Result<bool> opens(store::Store& store, const crypto::MasterKeys& master_key);

}  // namespace authd::auth
