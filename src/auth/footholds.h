// The ways into an account that whoever proves its address must not inherit. As long as nobody has
// proved the address, the account may be the work of somebody else, who waits for its owner to use
// it (pre-hijacking; Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
#pragma once

#include <vector>

#include "auth/services.h"
#include "tables/schema.h"

namespace authd::auth {

struct Footholds {
  bool are_foreign = false;  // the address was not proved
  std::vector<tables::Identity> identities;
  std::vector<tables::ApiKey> api_keys;
};

// What there is beside the password; nothing when the address is proved.
Result<Footholds> footholds_of(const Services& s, const tables::User& user);

// Removes them, and the second factors; at most 100 writes with those of the caller, who ends the
// sessions, takes the password, and puts the user.
void remove_footholds(store::WriteTxn& tx, tables::User& user, const Footholds& footholds);

}  // namespace authd::auth
