// Decides which master key seals, and ensures that nothing is stored under another one.
//
// The key that sealed the server's own secret is the current key. So all processes switch to a new
// key at the same moment: when a transaction re-seals that secret. A value that was sealed before a
// transaction is re-sealed inside it if the key changed in between. Therefore, once all older
// values are re-sealed, no value under the old key can appear, and the old key can be removed.
#pragma once

#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The name of the server's own secret: the key for refresh tokens and for all other MACs.
inline constexpr std::string_view kServerSecret = "refresh";

// The id of the current sealing key; empty in a store without secrets.
std::string sealing_key(store::Reader& tx);

// The value as this transaction may store it: unchanged, or re-sealed. Throws Fault when this
// process's file does not contain the sealing key.
std::string sealed_now(const Services& s, store::WriteTxn& tx, std::string sealed,
                       std::string_view context);

}  // namespace authd::auth
