// How many clients there are, where strangers can make this server count: no row is decoded.
#pragma once

#include <string_view>

#include "tables/schema.h"

namespace authd::auth {

// Those whose ids begin so; with an empty prefix, all.
size_t count_clients(store::ReadTxn& tx, std::string_view prefix);

}  // namespace authd::auth
