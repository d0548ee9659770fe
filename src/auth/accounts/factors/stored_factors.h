// What the store has of a user's authenticator app and recovery codes.
#pragma once

#include <optional>
#include <string>

#include "tables/schema.h"

namespace authd::auth {

// The user's factors, unless they were ended (auth/core/ways.h). `user` may not be written yet.
std::optional<tables::Factors> find_live_factors(store::Reader& tx, const tables::User& user);
// The same; a fresh row if there is none.
tables::Factors factors_of(store::Reader& tx, const tables::User& user);

// Stores the row, or removes it if nothing is in it.
void put_factors(store::WriteTxn& tx, const tables::Factors& factors);

}  // namespace authd::auth
