// With `passwords.pwned = login`: after a good login its password is looked up among those of known
// breaches, on another thread (server/leak_runner.h), so that no login waits for it. If it is
// there, the account is marked, the person is told by the pages, and an administrator by the audit
// log. What waits here is lost with the process; the next login asks again.
#pragma once

#include "auth/core/services.h"
#include "auth/passwords/leak_queue.h"
#include "tables/schema.h"

namespace authd::auth {

// After a login in which the password was right.
void note_password_used(const Services& s, const tables::User& user, const Password& password);

// Looks it up, and marks the account if its password is still this one.
Result<void> settle(const Services& s, const LeakCheck& check);

}  // namespace authd::auth
