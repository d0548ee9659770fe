// What opens an account to somebody who can no longer sign in (passkeys.recovery,
// passkeys.required_for): one place for mailed links, mailed codes and recovery codes.
#pragma once

#include "config/config.h"
#include "tables/schema.h"

namespace authd::auth {

struct WaysBack {
  // Mail opens the account: a mailed code or link signs in, as far as these are on and no second
  // factor is asked for.
  bool by_mail = false;
  // The link of a reset sets a password.
  bool password_by_mail = false;
  // The link of a reset makes a passkey (auth/signin/enrolment.h), in place of a password or,
  // without by_mail, as the only thing. It bypasses neither a second factor nor
  // passkeys.required_for.
  bool passkey_by_mail = false;
  // A recovery code makes a passkey: there is no password that would be asked for with it, and no
  // app.
  bool passkey_by_code = false;
};

// An account whose address nobody has proved, and which somebody signed up for, opens to the
// mailbox in any case: all ways in from before end then (auth/accounts/changes/address_proof.h).
WaysBack ways_back(const config::Config& config, store::Reader& tx, const tables::User& user);

}  // namespace authd::auth
