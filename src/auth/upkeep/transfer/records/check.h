// The rules for an account from a file: it rejects names, hashes and secrets that authd would not
// accept or could not use later.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/core/services.h"
#include "auth/upkeep/transfer/records/firebase.h"
#include "auth/upkeep/transfer/records/record.h"

namespace authd::auth::transfer {

// An account that is ready except for its id, the ids of its roles, and being stored.
struct Prepared {
  uint64_t line = 0;
  uint64_t wanted_id = 0;  // 0: the next one
  tables::User user;
  std::vector<std::string> roles;  // names without duplicates, including "user"
  std::string avatar;              // a JPEG; empty: none
  AttributeValues attributes;
  SecretKey totp;  // empty: none
  uint64_t totp_last_step = 0;
  Time totp_since;
  std::vector<tables::Passkey> passkeys;  // rows without an owner
  std::vector<std::string> losses;        // Account::losses, and what the rules have left out
  std::vector<std::string> ignored;       // likewise
  std::string note;  // what was changed, for whoever runs the import; empty: nothing
};

// A record that is not imported.
struct Rejection {
  uint64_t line = 0;
  std::string who;  // may be empty
  std::string reason;
};

struct Rules {
  bool allows_admin = false;
  bool keeps_ids = false;
  bool drops_unknown_passwords = false;  // the account comes without a password
  bool maps_names = false;               // a username that authd does not take becomes another one
  std::optional<FirebaseHashConfig> firebase = {};
  config::Realm realm = {};  // what is declared here
};

// Errors: `invalid`, with a message for the person who runs the import.
Result<Prepared> prepare(const Account& account, const Rules& rules, Time now);

// The name that messages use for the account.
std::string name_of(const Account& account);

}  // namespace authd::auth::transfer
