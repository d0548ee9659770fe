#include "auth/signin/forward_auth.h"

#include "auth/core/return_address.h"
#include "base/encoding.h"
#include "config/reading/values.h"

namespace authd::auth {
namespace {

// "app.example.org.:443": the dot ends a full name, but browsers do not send the cookie there.
std::string without_final_dot(const std::string& host) {
  const size_t colon = host.find(':');
  const size_t end = colon == std::string::npos ? host.size() : colon;
  if (end < 2 || host[end - 1] != '.') return host;
  return host.substr(0, end - 1) + host.substr(end);
}

// Whether the browser sends the session cookie to the original address.
bool reaches(const config::Config& config, const OriginalRequest& original, Trace* trace) {
  const std::string host = config::host_of("http://" + without_final_dot(original.host));
  const std::string own = config::host_of(config.public_url);
  const std::string& domain = config.cookies.domain;
  const bool is_secure_cookie = config.public_url.starts_with("https://");
  const bool is_secure_enough = !is_secure_cookie || original.is_secure;
  if (!passes(trace, "cookie over this scheme", is_secure_enough,
              is_secure_enough ? "it is sent"
                               : "a Secure cookie is not sent over http: the browser "
                                 "used http, or the proxy sends no "
                                 "X-Forwarded-Proto")) {
    return false;
  }
  const bool is_below =
      domain.empty() ? host == own : host == domain || host.ends_with("." + domain);
  return passes(trace, "cookie for this host", is_below, [&] {
    return "the cookie is for " + (domain.empty() ? own + " alone" : "hosts below " + domain) +
           ", the browser was at " + host + (is_below ? "" : " (cookies.domain)");
  });
}

// Some applications write addresses with characters that URLs do not have, and browsers send them.
// Encoded they mean the same (WHATWG URL, "path percent-encode set").
std::string with_odd_encoded(std::string_view uri) {
  std::string encoded;
  for (const char c : uri) {
    const bool is_odd = static_cast<unsigned char>(c) >= 0x80 ||
                        std::string_view(" \"<>\\").find(c) != std::string_view::npos;
    encoded += is_odd ? percent_encode({&c, 1}) : std::string(1, c);
  }
  return encoded;
}

}  // namespace

std::optional<std::string> sign_in_address(const config::Config& config,
                                           const OriginalRequest& original, Trace* trace) {
  const std::string host = without_final_dot(original.host);
  const bool is_host = !host.empty() && host.find_first_of("/?#@") == std::string::npos;
  const bool is_address = is_host && original.uri.starts_with('/');
  if (!passes(trace, "original address", is_address,
              is_address ? "a host and a path" : "no host, or no path")) {
    return std::nullopt;
  }
  const std::string origin = (original.is_secure ? "https://" : "http://") + host;
  std::string url = origin + with_odd_encoded(original.uri);
  const std::string& page = config.pages.sign_in_url;
  bool may_return = return_address(config, url).has_value();
  if (!may_return && return_address(config, origin + "/")) {
    // Too long, or with control characters: to the application's root, better than nowhere.
    url = origin + "/";
    may_return = true;
  }
  const bool is_listed = passes(trace, "way back", may_return, [&] {
    return url +
           (may_return
                ? " is allowed as a return address"
                : " has neither the origin of server.public_url nor one of pages.return_origins");
  });
  if (!is_listed || !reaches(config, original, trace)) return std::nullopt;
  const bool is_page = std::string_view(url).substr(0, url.find_first_of("?#")) == page;
  if (!passes(trace, "no loop", !is_page,
              is_page ? "the browser asked for the sign-in page itself"
                      : "the browser asked for another page")) {
    return std::nullopt;
  }
  return page + "?return_to=" + percent_encode(url);
}

}  // namespace authd::auth
