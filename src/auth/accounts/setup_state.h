// Whether the server waits for its first administrator (setup.h): a row that is there once somebody
// has been one.
#pragma once

#include "store/store.h"

namespace authd::auth {

bool is_setup_open(store::Reader& tx);

// Somebody is an administrator: no token is good any more. Called by what grants the role.
void close_setup(store::WriteTxn& tx);

}  // namespace authd::auth
