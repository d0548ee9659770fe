#include "auth/oauth/protocol/redirect_uri.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ip_address.h"
#include "base/text.h"

namespace authd::auth {
namespace {

// Schemes that a browser acts on itself.
constexpr std::array<std::string_view, 12> kOwnSchemes = {
    "javascript", "data", "file", "vbscript", "about",  "blob",
    "filesystem", "ftp",  "ws",   "wss",      "mailto", "view-source"};

struct Parts {
  std::string_view scheme;
  std::string_view authority;  // empty for "app.example:/callback"
  bool has_authority = false;
  std::string_view rest;  // path and query
};

bool is_scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '+' || c == '-' ||
         c == '.';
}

// Visible ASCII that no parser of URLs reads in its own way.
bool is_plain(std::string_view uri) {
  return !uri.empty() && uri.size() <= kMaxRedirectUri &&
         std::all_of(uri.begin(), uri.end(), [](char c) {
           return c > 0x20 && c < 0x7f &&
                  std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos;
         });
}

std::optional<Parts> split(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Parts parts;
  parts.scheme = uri.substr(0, colon);
  const bool is_scheme =
      std::all_of(parts.scheme.begin(), parts.scheme.end(), &is_scheme_character);
  if (!is_scheme || is_digit(parts.scheme.front())) return std::nullopt;
  std::string_view rest = uri.substr(colon + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    parts.has_authority = true;
    const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    parts.authority = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  parts.rest = rest;
  return parts;
}

bool is_port(std::string_view text) {
  const std::optional<uint16_t> port = parse_unsigned<uint16_t>(text);
  return port && *port != 0;
}

// The port after the host, without the colon; nullopt if there is anything else.
std::optional<std::string_view> port_of(std::string_view authority) {
  std::string_view rest = authority.substr(without_port(authority).size());
  if (rest.empty()) return rest;
  rest.remove_prefix(1);
  return is_port(rest) ? std::optional(rest) : std::nullopt;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '.' ||
         c == '_';
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return IpAddress::parse(host).has_value();
  return !host.empty() && std::all_of(host.begin(), host.end(), &is_host_character);
}

// The hosts for which RFC 8252 section 7.3 ignores the port.
bool is_loopback(std::string_view host) {
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

bool is_loopback_uri(const Parts& parts) {
  return parts.scheme == "http" && parts.has_authority &&
         is_loopback(without_port(parts.authority)) && port_of(parts.authority).has_value();
}

bool is_web(std::string_view scheme) {
  return scheme == "http" || scheme == "https";
}

Result<void> check_web(const Parts& parts, std::string_view field) {
  const auto refuse = [&](std::string message) {
    return Error{ErrorCode::invalid, std::move(message), std::string(field)};
  };
  if (!parts.has_authority || parts.authority.find('@') != std::string_view::npos) {
    return refuse(
        "A redirect URI needs a host, and must not have a user name: "
        "https://app.example.org/path.");
  }
  const std::string_view host = without_port(parts.authority);
  if (!is_host(host) || !port_of(parts.authority)) {
    return refuse(
        "The host of a redirect URI must be a name or an address, with a port if needed. Wildcards "
        "are refused: register each address (RFC 9700 section 2.1).");
  }
  if (parts.scheme == "http" && !is_loopback(host)) {
    return refuse("A redirect URI must use https, or http at 127.0.0.1, [::1] or localhost.");
  }
  return {};
}

}  // namespace

Result<void> check_redirect_uri(std::string_view uri, std::string_view field) {
  const auto refuse = [&](std::string message) {
    return Error{ErrorCode::invalid, std::move(message), std::string(field)};
  };
  if (!is_plain(uri)) {
    return refuse(
        "A redirect URI is 1 to 2000 visible ASCII characters without \\ \" < > ^ ` { | }.");
  }
  if (uri.find('#') != std::string_view::npos) {
    return refuse("A redirect URI must not have a fragment (RFC 6749 section 3.1.2).");
  }
  if (uri.find('*') != std::string_view::npos) {
    return refuse(
        "A redirect URI must not have a wildcard: register each address (RFC 9700 section 2.1).");
  }
  const std::optional<Parts> parts = split(uri);
  if (!parts) return refuse("A redirect URI must be absolute: https://app.example.org/callback.");
  const std::string scheme = lower(parts->scheme);
  if (scheme != parts->scheme) return refuse("The scheme of a redirect URI must be in lower case.");
  if (is_web(scheme)) return check_web(*parts, field);
  if (std::find(kOwnSchemes.begin(), kOwnSchemes.end(), scheme) != kOwnSchemes.end()) {
    return refuse("This scheme belongs to browsers; an application needs one of its own.");
  }
  if (parts->authority.find('@') != std::string_view::npos) {
    return refuse("A redirect URI must not have a user name.");
  }
  if (parts->authority.empty() && parts->rest.empty()) {
    return refuse("A redirect URI must have a path: app.example:/callback.");
  }
  return {};
}

bool matches_redirect_uri(const std::vector<std::string>& registered, std::string_view sent) {
  if (!is_plain(sent)) return false;
  const std::optional<Parts> parts = split(sent);
  if (!parts) return false;
  return std::any_of(registered.begin(), registered.end(), [&](const std::string& one) {
    if (one == sent) return true;
    const std::optional<Parts> ours = split(one);
    // A '#' in what was sent would be in `rest`, and no registered address has one.
    return ours && is_loopback_uri(*ours) && is_loopback_uri(*parts) &&
           without_port(ours->authority) == without_port(parts->authority) &&
           ours->rest == parts->rest;
  });
}

bool is_unprovable(std::string_view uri) {
  const std::optional<Parts> parts = split(uri);
  return !parts || !is_web(parts->scheme) || is_loopback_uri(*parts);
}

std::string redirect_origin(std::string_view uri) {
  const std::optional<Parts> parts = split(uri);
  if (!parts) return "";
  if (!is_web(parts->scheme)) return std::string(parts->scheme) + ":";
  return std::string(parts->scheme) + "://" + std::string(parts->authority);
}

NearestUri nearest_redirect_uri(const std::vector<std::string>& registered, std::string_view sent) {
  NearestUri nearest;
  for (const std::string& one : registered) {
    const auto end = std::mismatch(one.begin(), one.end(), sent.begin(), sent.end()).first;
    const auto common = static_cast<size_t>(end - one.begin());
    if (nearest.uri.empty() || common > nearest.differs_at) nearest = {one, common};
  }
  return nearest;
}

}  // namespace authd::auth
