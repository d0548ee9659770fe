// Whether the owner of an account's address is known to be the one who has its password and
// sessions (footholds.h says why it matters).
#pragma once

#include "tables/schema.h"

namespace authd::auth {

// Whether whoever has the password and the sessions has shown that the address is theirs.
bool is_owner_known(const tables::User& user);
// The user with that shown.
void note_owner(tables::User& user);

// For the write that adds one; puts nothing. Without it the owner's proof beside that write would
// not know of the new one. The write has to look at the session again too, which that proof ends.
void note_foothold(tables::User& user);

}  // namespace authd::auth
