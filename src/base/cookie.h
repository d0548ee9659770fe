// Cookies (RFC 6265, and RFC 6265bis for SameSite and the prefixes of names): the one place that
// writes Set-Cookie and reads Cookie. It is in base/ since auth/, which makes the session's cookie,
// knows nothing of HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace authd {

enum class SameSite {
  lax,     // comes along when a link of another site is followed
  strict,  // never comes along from another site
};

// A cookie for the whole host, which no script can read.
struct Cookie {
  std::string name;
  std::string value;
  Seconds life{0};          // Max-Age; 0 deletes the cookie that has this name, path and domain
  std::string domain = {};  // its hosts get the cookie too; empty: this host alone
  bool is_secure = false;
  SameSite same_site = SameSite::lax;

  // The value of Set-Cookie. A life below 0 counts as 0.
  std::string header() const;
};

// The name with the prefix that makes browsers check who set the cookie: over https "__Host-" for a
// cookie of one host, which no other host can set, "__Secure-" for one with a domain; over http
// none (RFC 6265bis section 4.1.3).
std::string prefixed_name(std::string_view name, bool is_https, std::string_view domain = "");

// The values of all cookies of that name in a Cookie header, in their order: cookies of several
// paths and domains may have it.
std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name);

}  // namespace authd
