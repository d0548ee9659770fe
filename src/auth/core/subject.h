// The subject of an account: its name for other programs, in tokens (`sub`), in headers and in
// replies. It is a random UUID, made with the account. It never changes and never names another
// account, on this server or on any other; and unlike the id it does not reveal how many accounts
// there are.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

// Gives the user a subject if there is none. Code that inserts a user calls this, and so does a
// login: a user created by an older authd during the upgrade has none.
void ensure_subject(const Services& s, tables::User& user);

// The subject; the id as text while the user has none.
std::string subject_of(const tables::User& user);

// Whether the `sub` of a token names this user: with the subject, or with the id, as tokens of
// authd 0.1.0 do until they expire.
bool is_named_by(const tables::User& user, std::string_view sub);

}  // namespace authd::auth
