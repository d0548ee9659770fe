// Whether the owner of an account's address is known to be the person with its password and
// sessions (address_proof.h explains why this matters).
#pragma once

#include "tables/schema.h"

namespace authd::auth {

// Whether the person with the password and the sessions has proved that the address is theirs.
bool is_owner_known(const tables::User& user);
// Records this proof in the user.
void note_owner(tables::User& user);

}  // namespace authd::auth
