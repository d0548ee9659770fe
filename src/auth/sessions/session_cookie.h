// Sessions of browsers: a cookie instead of tokens. Its value is the session's id and an HMAC over
// it under a key that only the server has; nothing is stored for it but the session, which is
// judged with every request. It never changes, so that two tabs cannot race, and the session's
// end moves while it is used (auth/core/activity.h). Scripts cannot read it (HttpOnly); what
// changes something needs the CSRF token besides, an HMAC over the same id for another purpose.
//
// A session is kept by a cookie or by a refresh token, as its login asked, never by both: a cookie
// opens sessions of the kind `browser` alone (tables/rows.h), which have no other use of their id.
#pragma once

#include <string>
#include <string_view>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// "authd_session"; by https "__Host-authd_session", which no other host can set, or with
// cookies.domain "__Secure-authd_session" (RFC 6265bis section 4.1.3).
std::string session_cookie_name(const config::Config& config);

// The whole Set-Cookie header for the session. The cookie stays as long as the session can, if it
// is used; when the session ends is up to the store.
std::string session_cookie(const Services& s, const tables::Session& session, Time now);
// The one that takes it away.
std::string no_session_cookie(const config::Config& config);
// One that takes a cookie away that nobody has, with the attributes of the session's: `authd
// doctor` sees whether they arrive as they were sent.
std::string probe_cookie(const config::Config& config, std::string_view suffix);

// Whoever is signed in by the cookie's value. Error: `unauthenticated`, "invalid_session", one text
// for whatever is wrong with it.
Result<Person> authenticate_cookie(const Services& s, std::string_view value, Time now,
                                   Trace* trace = nullptr);

// Of the session; changes with every login.
std::string csrf_token(const Services& s, const tables::Session& session);
bool is_csrf_token(const Services& s, const tables::Session& session, std::string_view text);

}  // namespace authd::auth
