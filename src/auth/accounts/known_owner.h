// Whether the owner of an account's address is known to be the one who has its password and
// sessions (address_proof.h says why it matters).
#pragma once

#include "tables/schema.h"

namespace authd::auth {

// Whether whoever has the password and the sessions has shown that the address is theirs.
bool is_owner_known(const tables::User& user);
// The user with that shown.
void note_owner(tables::User& user);

}  // namespace authd::auth
