// Browser sessions: a cookie instead of tokens. Its value is the session's id and an HMAC over it
// with a key that only the server has. The store holds only the session, which is checked on every
// request. Using the session moves its end (auth/core/activity.h), and changes nothing of the
// value, so that two tabs cannot race. A new login of the same person in the same browser continues
// the session, on which applications depend (auth/oauth/tokens/grants.h), but with its next
// generation, which is a part of the value: a value that was planted or copied before is worthless
// afterwards (session fixation, CWE-384). Scripts cannot read the cookie (HttpOnly). A request that
// changes something also needs the CSRF token, an HMAC over the same id for another purpose.
//
// A session is kept either in a cookie or by a refresh token, as its login requested, never both. A
// cookie works only for sessions of the kind `browser` (tables/rows/rows.h), whose ids have no
// other use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/core/services.h"
#include "auth/sessions/access_token.h"

namespace authd::auth {

// "authd_session"; over https "__Host-authd_session", which no other host can set, or, with
// cookies.domain, "__Secure-authd_session" (RFC 6265bis section 4.1.3).
std::string session_cookie_name(const config::Config& config);

// The complete Set-Cookie header for the session. The cookie lasts as long as the session could, if
// it is used; the store decides when the session ends.
std::string session_cookie(const Services& s, const tables::Session& session, Time now);
// The Set-Cookie header that deletes the cookie.
std::string no_session_cookie(const config::Config& config);
// Set-Cookie headers that delete cookies of the same name with another reach: of the host alone,
// and of each domain above it. They remain when cookies.domain is changed, and other hosts of the
// domain can set them. Empty if the name has the prefix "__Host-", which only one cookie can have.
std::vector<std::string> no_other_session_cookies(const config::Config& config);
// A Set-Cookie header that deletes a cookie nobody has, with the attributes of the session cookie:
// `authd doctor` checks whether they arrive unchanged.
std::string probe_cookie(const config::Config& config, std::string_view suffix);

// The session that a cookie's value names, alive or not. nullopt when this server did not create
// the value.
std::optional<NamedSession> session_in_cookie(const Services& s, std::string_view value);

// SHA-256 of the MAC in the session's cookie, by which a replica knows it without the key.
std::string cookie_hash(const Services& s, const tables::Session& session);

// Whether a text looks like the value of such a cookie, by its length.
bool is_cookie_text(std::string_view text);

// The person whom the cookie's value identifies. Error: `unauthenticated`, "invalid_session", with
// the same text whatever is wrong with it.
Result<Person> authenticate_cookie(const Services& s, std::string_view value, Time now,
                                   Trace* trace = nullptr);

// The CSRF token of the session; it changes with every login.
std::string csrf_token(const Services& s, const tables::Session& session);
bool is_csrf_token(const Services& s, const tables::Session& session, std::string_view text);

}  // namespace authd::auth
