// What follows a change of a password, an email or a factor: the other sessions end, and the owner
// is told.
#pragma once

#include <optional>
#include <string>

#include "auth/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Raises the user's epoch, and takes the session along if it is alive. The caller puts the user.
void end_other_sessions(store::WriteTxn& tx, tables::User& user, std::string_view keep_session);

// The client's address as text, for the detail of a mail; empty when there is none.
std::string where_from(const Origin& origin);

// A notice to the user's address; nullopt when there is none.
std::optional<tables::Mail> make_notice(const Services& s, tables::MailKind kind,
                                        const tables::User& user, std::string_view detail,
                                        Time now);

}  // namespace authd::auth
