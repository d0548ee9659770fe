// What a replica has of each row: enough to check a session, a token or an API key, and nothing
// with which one could be made. No password hash, no factor, no refresh secret, no secret of a
// client or of the server leaves it. A member that is not named in projection.cpp stays here, so a
// new one is never copied by accident.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/sessions/keyring.h"

namespace authd::auth {

// First bytes of the keys of the tables of which a replica has rows, in ascending order.
const std::string& replica_prefixes();

// The row as a replica has it, or nullopt if it has none. `keys` are those of the same state, whose
// generation the caller has compared. Throws Fault{corrupt}.
std::optional<std::string> projected(const Services& s, const KeySet& keys, std::string_view key,
                                     std::string_view row);

}  // namespace authd::auth
