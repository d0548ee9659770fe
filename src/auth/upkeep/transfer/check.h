// The rules for an account that comes from a file: the same names, hashes and secrets are refused
// that authd would not take or could not use later.
#pragma once

#include "auth/core/services.h"
#include "auth/upkeep/transfer/record.h"

namespace authd::auth::transfer {

// An account that lacks only its id, its roles' ids and its place in the store.
struct Prepared {
  uint64_t line = 0;
  uint64_t wanted_id = 0;  // 0: the next one
  tables::User user;
  std::vector<std::string> roles;  // names, "user" among them, no doubles
  std::string avatar;              // a JPEG; empty: none
  SecretKey totp;                  // empty: none
  uint64_t totp_last_step = 0;
  Time totp_since;
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
};

// Errors: `invalid`, with a message for the person who imports.
Result<Prepared> prepare(const Account& account, const Rules& rules, Time now);

// By what people know the account in a message.
std::string name_of(const Account& account);

}  // namespace authd::auth::transfer
