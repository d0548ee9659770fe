// Whether the server waits for its first administrator (setup.h): a row exists once there has been
// one.
#pragma once

#include "store/store.h"

namespace authd::auth {

bool is_setup_open(store::Reader& tx);

// There is an administrator now, so no setup token is valid any longer. Called when the role is
// granted.
void close_setup(store::WriteTxn& tx);

}  // namespace authd::auth
