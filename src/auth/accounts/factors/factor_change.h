// What follows from every change of a user's second factors.
#pragma once

#include "auth/core/audit/audit.h"
#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Ends the sessions but `keep_session` (empty: all) and the trust in devices, puts the user, mails
// the owner and audits it.
void note_factor_change(const Services& s, store::WriteTxn& tx, tables::User& user,
                        std::string_view keep_session, const std::optional<tables::Mail>& notice,
                        const Origin& origin, const AuditEvent& event, Time now);

}  // namespace authd::auth
