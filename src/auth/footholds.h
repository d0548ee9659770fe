// The ways into an account that whoever proves its address must not inherit. As long as nobody has
// proved the address, the account may be the work of somebody else, who waits for its owner to use
// it (pre-hijacking; Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
#pragma once

#include <vector>

#include "auth/services.h"
#include "tables/schema.h"

namespace authd::auth {

struct Footholds {
  std::vector<tables::Identity> identities;
  std::vector<tables::ApiKey> api_keys;
};

// What there is beside the password; nothing when the address is proved.
Result<Footholds> footholds_of(const Services& s, const tables::User& user);

// Removes them (at most 70 writes). The caller ends the sessions, takes the password, and puts the
// user. A second factor stays in force: a mail box alone never gets past one. If it is a
// stranger's, neither gets in, and an administrator resets it.
void remove_footholds(store::WriteTxn& tx, const Footholds& footholds);

}  // namespace authd::auth
