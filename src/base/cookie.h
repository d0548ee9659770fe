// Cookies (RFC 6265, and RFC 6265bis for SameSite and the prefixes of names): the one place that
// writes Set-Cookie and reads Cookie. It is in base/ because auth/ creates the session's cookie and
// knows nothing of HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace authd {

enum class SameSite {
  lax,     // sent when somebody follows a link on another site
  strict,  // never sent with requests from another site
};

// A cookie for the whole host, which no script can read.
struct Cookie {
  std::string name;
  std::string value;
  Seconds life{0};          // Max-Age; 0 deletes the cookie that has this name, path and domain
  std::string domain = {};  // its hosts get the cookie too; empty: this host only
  bool is_secure = false;
  SameSite same_site = SameSite::lax;

  // The value of Set-Cookie. A life below 0 counts as 0.
  std::string header() const;
};

// The name with the prefix that makes browsers check who set the cookie: over https, "__Host-" for
// a cookie of one host, which no other host can set, and "__Secure-" for a cookie with a domain;
// over http, no prefix (RFC 6265bis section 4.1.3).
std::string prefixed_name(std::string_view name, bool is_https, std::string_view domain = "");

// The values of all cookies of that name in a Cookie header, in order: cookies of several paths and
// domains may have the same name.
std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name);

}  // namespace authd
