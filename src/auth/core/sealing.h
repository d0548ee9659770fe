// Which master key seals, and that nothing is stored under another one. The key under which the
// server's own secret is sealed is the one: the transaction that seals that secret anew is the
// moment at which every process seals with the new key. What was sealed before a transaction is
// sealed again inside it when that moment came between; so once all older values are sealed anew,
// none comes back, and the old key can go.
#pragma once

#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// The name of the server's own secret: the key of refresh tokens and of all other MACs.
inline constexpr std::string_view kServerSecret = "refresh";

// The id of the master key that seals; empty in a store without secrets.
std::string sealing_key(store::Reader& tx);

// The value as it may be stored in this transaction: itself, or sealed anew. Throws Fault when the
// key that seals is not in this process's file.
std::string sealed_now(const Services& s, store::WriteTxn& tx, std::string sealed,
                       std::string_view context);

}  // namespace authd::auth
