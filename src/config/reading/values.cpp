#include "config/reading/values.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/encoding.h"
#include "base/ip_address.h"
#include "base/text.h"
#include "config/compat.h"

namespace authd::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, so that formatting finds the largest unit that divides.
constexpr std::array kDurations = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                   Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::array kSizes = {Unit{"GiB", 1ull << 30}, Unit{"MiB", 1ull << 20},
                               Unit{"KiB", 1ull << 10}, Unit{"", 1}};

constexpr uint64_t kMaxRate = 1'000'000;
constexpr uint64_t kMaxWindow = 30ull * 86'400'000;  // milliseconds

Error bad(std::string_view text, std::string_view wanted) {
  return Error{ErrorCode::invalid, "\"" + std::string(text) + "\" is not " + std::string(wanted)};
}

template <size_t N>
std::optional<uint64_t> number_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  const size_t split = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_unsigned(text.substr(0, split));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text.substr(split)) continue;
    if (*number > std::numeric_limits<int64_t>::max() / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

template <size_t N>
std::string with_unit(uint64_t number, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (number % unit.factor == 0)
      return std::to_string(number / unit.factor) + std::string(unit.name);
  }
  return std::to_string(number);
}

// A name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 section 3.2.2).
bool is_host(std::string_view host) {
  if (host.starts_with('[')) return IpAddress::parse(host).has_value();
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

// host or host:port. An IPv6 address has brackets.
bool is_authority(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  if (has_port) {
    const auto port = parse_unsigned(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return false;
    text = text.substr(0, colon);
  }
  return is_host(text);
}

// What follows http:// or https://; nullopt if the text begins with neither.
std::optional<std::string_view> after_scheme(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return std::nullopt;
}

}  // namespace

Result<bool> parse_bool(std::string_view text) {
  const std::string written = lower(text);  // "True", as YAML and Python write it
  for (const std::string_view word : {"true", "1", "yes", "on"}) {
    if (written == word) return true;
  }
  for (const std::string_view word : {"false", "0", "no", "off"}) {
    if (written == word) return false;
  }
  return bad(text, "true or false");
}

Result<uint64_t> parse_number(std::string_view text) {
  if (const auto number = parse_unsigned(text)) return *number;
  return bad(text, "a whole number");
}

Result<Milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return Milliseconds(0);
  const auto number = number_with_unit(text, kDurations);
  if (!number) return bad(text, "a duration (such as 90s, 15m, 1h, 30d)");
  return Milliseconds(static_cast<int64_t>(*number));
}

Result<uint64_t> parse_size(std::string_view text) {
  if (const auto number = number_with_unit(text, kSizes)) return *number;
  return bad(text, "a size (such as 64KiB, 16MiB, 2GiB)");
}

Result<Rate> parse_rate(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto count = parse_unsigned(text.substr(0, slash));
    const auto window = number_with_unit(text.substr(slash + 1), kDurations);
    if (count && *count > 0 && *count <= kMaxRate && window && *window > 0 &&
        *window <= kMaxWindow) {
      return Rate{static_cast<uint32_t>(*count), Milliseconds(static_cast<int64_t>(*window))};
    }
  }
  return bad(text, "a rate (1 to 1000000 per time of at most 30d, such as 5/1m)");
}

Result<Listen> parse_listen(std::string_view text) {
  Listen listen;
  if (text == "systemd") {
    listen.kind = Listen::Kind::systemd;
    return listen;
  }
  if (text.starts_with("unix:")) {
    listen.kind = Listen::Kind::unix_path;
    listen.path = text.substr(5);
    // sun_path holds 107 bytes and the final NUL (unix(7)).
    if (listen.path.starts_with('/') && listen.path.size() <= 107) return listen;
    return bad(text, "a socket path (unix:/absolute/path of at most 107 bytes)");
  }
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    const auto port = parse_unsigned(text.substr(colon + 1));
    // is_host() has refused an IPv6 address without brackets, where port and address run together.
    const bool good_host = host.empty() || host == "localhost" ||
                           (is_host(host) && IpAddress::parse(host).has_value());
    if (host.starts_with('[') && good_host) host = host.substr(1, host.size() - 2);
    if (port && *port <= 65535 && good_host) {
      listen.host = host;
      listen.port = static_cast<uint16_t>(*port);
      return listen;
    }
  }
  return bad(text,
             "an address to listen on (such as localhost:8080, 127.0.0.1:8080, [::1]:8080, :8080, "
             "unix:/run/authd/authd.sock or systemd)");
}

Result<Listen> parse_tcp_listen(std::string_view text) {
  Result<Listen> listen = parse_listen(text);
  if (listen && listen->kind == Listen::Kind::tcp) return listen;
  return bad(text, "a TCP address (such as :80 or 192.0.2.1:80)");
}

Result<Network> parse_network(std::string_view text) {
  if (const auto network = Network::parse(text)) return *network;
  return bad(text, "a network (such as 10.0.0.0/8 or 2001:db8::/32, without host bits)");
}

Result<std::string> parse_url(std::string_view text) {
  std::string url = TRY(parse_issuer(text));
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

Result<std::string> parse_issuer(std::string_view text) {
  const auto rest = after_scheme(text);
  const std::string_view authority = rest ? rest->substr(0, rest->find('/')) : "";
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_authority(authority) || !plain ||
      text.find_first_of("?#@\\\"<>") != std::string_view::npos) {
    return bad(text, "a URL (http:// or https://, a host, perhaps a port and a path; no query)");
  }
  return std::string(text);
}

Result<std::string> parse_origin(std::string_view text) {
  const auto rest = after_scheme(text);
  if (text == "*") return std::string(text);
  if (rest && is_authority(*rest)) {
    const std::string_view default_port = text.starts_with("https:") ? ":443" : ":80";
    if (text.ends_with(default_port)) text.remove_suffix(default_port.size());
    return lower(text);
  }
  return bad(text, "an origin (such as https://app.example.org, without a path; or *)");
}

Result<std::string> parse_accent(std::string_view text) {
  const bool is_hex = std::all_of(text.begin() + (text.empty() ? 0 : 1), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (text.size() != 7 || text.front() != '#' || !is_hex) return bad(text, "a colour (#1a4fa3)");
  return lower(text);
}

Result<std::string> parse_link(std::string_view text) {
  const auto [label, address] = parts_of_link(text);
  // No other scheme: a javascript: link would run code.
  const bool is_address = address.starts_with("https://") || address.starts_with("http://") ||
                          address.starts_with("mailto:") ||
                          (address.starts_with('/') && !address.starts_with("//"));
  const bool is_plain =
      std::all_of(address.begin(), address.end(), [](char c) { return c > 0x20 && c < 0x7f; }) &&
      address.find('\\') == std::string::npos;
  const bool is_label = !label.empty() && is_valid_utf8(label) && !has_control(label);
  if (is_address && is_plain && is_label && text.size() <= 500) return std::string(text);
  return bad(text, "a link (a label, a space, and https://…, mailto:… or a path)");
}

std::pair<std::string, std::string> parts_of_link(std::string_view link) {
  const size_t space = link.rfind(' ');
  if (space == std::string_view::npos) return {"", std::string(link)};
  std::string_view label = link.substr(0, space);
  while (label.ends_with(' '))
    label.remove_suffix(1);
  return {std::string(label), std::string(link.substr(space + 1))};
}

Result<std::string> parse_rp_id(std::string_view text) {
  if (text.empty()) return std::string();
  const bool is_name = is_host(text) && !text.starts_with('[') && !IpAddress::parse(text) &&
                       !text.starts_with('.') && !text.ends_with('.') &&
                       text.find("..") == std::string_view::npos;
  if (is_name) return lower(text);
  return bad(text, "a host name (such as id.example.org or example.org; no port, no address)");
}

bool is_role_name(std::string_view text) {
  constexpr size_t kMaxName = 64;
  return is_lower_name(text, "._-") && text.size() <= kMaxName;
}

Result<std::string> parse_role_name(std::string_view text) {
  if (is_role_name(text)) return std::string(text);
  return bad(text, "the name of a role (the letters a-z, digits and . _ -)");
}

Result<std::string> parse_domain(std::string_view text) {
  const bool is_name = parse_rp_id(text) && text.find('.') != std::string_view::npos;
  if (text.empty() || is_name) return lower(text);
  return bad(text, "a domain (such as example.org; no port, no address, no leading dot)");
}

Result<std::string> parse_page_url(std::string_view text) {
  if (text.empty()) return std::string();
  return parse_issuer(text);
}

Result<std::string> parse_return_origin(std::string_view text) {
  constexpr std::string_view kWildcard = "*.";
  const auto rest = after_scheme(text);
  if (rest && rest->starts_with(kWildcard) && rest->find('.', kWildcard.size()) != rest->npos) {
    const std::string scheme(text.substr(0, text.size() - rest->size()));
    const auto plain = parse_origin(scheme + std::string(rest->substr(kWildcard.size())));
    if (plain) return scheme + std::string(kWildcard) + plain->substr(scheme.size());
  } else if (text != "*") {
    return parse_origin(text);
  }
  return bad(text, "an origin (such as https://app.example.org or https://*.example.org)");
}

bool shares_session_cookie(const Config& config, std::string_view origin) {
  // The cookie is Secure if public_url is https.
  if (config.public_url.starts_with("https://") && !origin.starts_with("https://")) return false;
  const std::string& domain = config.cookies.domain;
  std::string host = host_of(origin);
  const bool is_wildcard = host.starts_with("*.");
  if (is_wildcard) host.erase(0, 2);
  if (domain.empty()) return !is_wildcard && host == host_of(config.public_url);
  return host == domain || host.ends_with("." + domain);
}

Result<std::string> parse_secure_origin(std::string_view text) {
  std::string origin = TRY(parse_origin(text));
  if (origin.starts_with("https://")) return origin;
  return bad(text, "an origin with https (such as https://app.example.org, without a path)");
}

Result<std::string> parse_cors_origin(std::string_view text) {
  const size_t end = text.find("://");
  const std::string scheme = lower(text.substr(0, std::min(end, text.size())));
  const auto is_in_scheme = [](char c) {  // RFC 3986 section 3.1
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  // The origin of pages with one of these is "null".
  const bool is_opaque = scheme == "file" || scheme == "data" || scheme == "blob" ||
                         scheme == "about" || scheme == "javascript";
  const bool is_own = end != std::string_view::npos && end > 0 && end <= 64 &&
                      scheme.front() >= 'a' && scheme != "http" && scheme != "https" &&
                      !is_opaque && std::all_of(scheme.begin(), scheme.end(), is_in_scheme);
  if (is_own && is_authority(text.substr(end + 3))) return lower(text);
  if (is_own) return bad(text, "an origin (such as capacitor://localhost, without a path)");
  return parse_origin(text);
}

std::string host_of(std::string_view url) {
  std::string_view host = after_scheme(url).value_or("");
  return lower(without_port(host.substr(0, host.find('/'))));
}

Result<std::string> parse_host(std::string_view text) {
  // A wildcard matches names with any port.
  const bool is_good = text.starts_with("*.") ? is_host(text.substr(2)) && text[2] != '['
                                              : text == "*" || is_authority(text);
  if (is_good) return lower(text);
  return bad(text,
             "a host (such as auth.example.org, auth.example.org:8443, [2001:db8::1], "
             "*.example.org, or *)");
}

Result<MailUrl> parse_mail_url(std::string_view text) {
  // The text is not repeated: it may hold a password.
  const Error refusal{ErrorCode::invalid,
                      "must be smtp://[user:password@]host[:port], smtps://[user:password@]"
                      "host[:port] (user and password percent-encoded), file:DIRECTORY, or log:"};
  MailUrl url;
  if (text == "log:") return url;
  if (text.starts_with("file:")) {
    url.kind = MailUrl::Kind::file;
    url.directory = text.substr(5);
    if (url.directory.empty()) return refusal;
    return url;
  }
  const bool has_tls = text.starts_with("smtps://");
  if (!has_tls && !text.starts_with("smtp://")) return refusal;
  url.kind = has_tls ? MailUrl::Kind::smtps : MailUrl::Kind::smtp;
  // RFC 8314 section 3.3 and RFC 6409: submission ports.
  url.port = has_tls ? 465 : 587;
  std::string_view rest = text.substr(text.find("//") + 2);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    // RFC 3986 section 3.2.1: anything else is percent-encoded.
    const bool is_plain = std::all_of(login.begin(), login.end(),
                                      [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
    if (!is_plain) return refusal;
    const size_t colon = login.find(':');
    const auto user = percent_decode(login.substr(0, colon));
    const auto password =
        percent_decode(colon == std::string_view::npos ? "" : login.substr(colon + 1));
    if (!user || !password || user->empty()) return refusal;
    url.user = *user;
    url.password = *password;
    rest.remove_prefix(at + 1);
  }
  if (!is_authority(rest)) return refusal;
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    url.port = static_cast<uint16_t>(TRY(parse_number(rest.substr(colon + 1))));
    rest = rest.substr(0, colon);
  }
  url.host = rest;
  return url;
}

Result<std::string> parse_mail_from(std::string_view text) {
  std::string_view address = text;
  std::string_view name;
  if (text.ends_with('>') && text.find('<') != std::string_view::npos) {
    const size_t open = text.rfind('<');
    address = text.substr(open + 1);
    address.remove_suffix(1);
    name = trimmed(text.substr(0, open), " ");
    // "Acme, Inc." as mail programs write it; mail/message.h takes it apart.
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
  }
  const auto is_plain = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) {
      return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f && c != '"' && c != '\\';
    });
  };
  const bool plain = is_plain(name) && is_plain(address);
  const size_t at = address.find('@');
  const bool is_address = at != 0 && at != std::string_view::npos && at + 1 < address.size() &&
                          address.find_first_of(" <>,;:@", at + 1) == std::string_view::npos &&
                          address.substr(0, at).find_first_of(" <>,;:") == std::string_view::npos;
  if (plain && is_address) return std::string(text);
  return bad(text, "an address (such as authd@example.org, or Example <authd@example.org>)");
}

Result<std::string> parse_compat_api(std::string_view text) {
  if (std::find(kCompatApis.begin(), kCompatApis.end(), text) != kCompatApis.end()) {
    return std::string(text);
  }
  return bad(text, "an API (secureauth, facade, fastapi, oauthapp)");
}

Result<LogLevel> parse_log_level(std::string_view text) {
  const Result<LogLevel> level = parse_choice<LogLevel>(lower(text));
  return level ? level : bad(text, "a log level (" + words_of<LogLevel>() + ")");
}

Result<LogFormat> parse_log_format(std::string_view text) {
  const Result<LogFormat> format = parse_choice<LogFormat>(text);
  return format ? format : bad(text, "a log format (" + words_of<LogFormat>() + ")");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma), " ");
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::string format_duration(Milliseconds duration) {
  if (duration.count() == 0) return "0";
  return with_unit(static_cast<uint64_t>(duration.count()), kDurations);
}

std::string format_size(uint64_t bytes) {
  if (bytes == 0) return "0";
  return with_unit(bytes, kSizes);
}

std::string format_rate(const Rate& rate) {
  return std::to_string(rate.count) + "/" + format_duration(rate.window);
}

std::string format_listen(const Listen& listen) {
  switch (listen.kind) {
    case Listen::Kind::systemd: return "systemd";
    case Listen::Kind::unix_path: return "unix:" + listen.path;
    case Listen::Kind::tcp: break;
  }
  const bool is_v6 = listen.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

std::string format_mail_url(const MailUrl& url) {
  if (url.kind == MailUrl::Kind::log) return "log:";
  if (url.kind == MailUrl::Kind::file) return "file:" + url.directory;
  const std::string login =
      url.user.empty() ? "" : percent_encode(url.user) + (url.password.empty() ? "@" : ":***@");
  return std::string(url.kind == MailUrl::Kind::smtps ? "smtps" : "smtp") + "://" + login +
         url.host + ":" + std::to_string(url.port);
}

}  // namespace authd::config
