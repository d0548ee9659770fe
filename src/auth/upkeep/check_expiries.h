// Whether the expiry index (tables/expiry.h) will sweep every row that expires (`authd db check`).
#pragma once

#include <string>

#include "base/function_ref.h"
#include "store/store.h"

namespace authd::auth {

// Every row with an end has an entry, and every entry names a table whose rows expire. An entry may
// be early, its row may be gone already, and a clock that was set back makes entries late: none of
// that is a finding.
void check_expiries(store::ReadTxn& tx, FunctionRef<void(std::string)> find);

}  // namespace authd::auth
