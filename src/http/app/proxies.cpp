#include "http/app/proxies.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace authd::http {
namespace {

// A longer chain of proxies than this is an attack on the reader.
constexpr size_t kMaxHops = 32;

// A quote after an odd number of backslashes is text (RFC 9110 section 5.6.4).
bool is_quote(std::string_view text, size_t at) {
  if (text[at] != '"') return false;
  const size_t backslashes = text.substr(0, at).find_last_not_of('\\') + 1;
  return (at - backslashes) % 2 == 0;
}

// Removes and returns what follows the last separator outside quotes. From the right, because
// proxies append there: a quote that a client left open cannot reach what was added after it.
std::string_view take_last(std::string_view& text, char separator) {
  bool is_quoted = false;
  for (size_t at = text.size(); at > 0; --at) {
    if (is_quote(text, at - 1)) is_quoted = !is_quoted;
    if (text[at - 1] != separator || is_quoted) continue;
    const std::string_view last = trimmed(text.substr(at));
    text = text.substr(0, at - 1);
    return last;
  }
  return trimmed(std::exchange(text, std::string_view()));
}

// The items of every header of that name, starting with the nearest proxy's.
std::vector<std::string_view> items_of(const Head& head, std::string_view name) {
  std::vector<std::string_view> items;
  for (auto header = head.headers.rbegin(); header != head.headers.rend(); ++header) {
    if (!equal_names(header->first, name)) continue;
    std::string_view rest = header->second;
    do {
      if (items.size() == kMaxHops) return items;
      items.push_back(take_last(rest, ','));
    } while (!rest.empty());
  }
  return items;
}

// "for=192.0.2.1;proto=https": the value of a parameter, without quotes.
std::string_view parameter(std::string_view element, std::string_view name) {
  while (!element.empty()) {
    const std::string_view pair = take_last(element, ';');
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !equal_names(trimmed(pair.substr(0, equals)), name))
      continue;
    std::string_view value = trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return "";
}

bool is_port(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

// An address with or without a port (the port may be obfuscated); nullopt for "unknown" and for
// obfuscated names (RFC 7239 section 6).
std::optional<IpAddress> parse_node(std::string_view text) {
  // A link-local address may name the proxy's interface (RFC 4007 section 11): "fe80::1%eth0".
  if (const size_t zone = text.find('%'); zone != std::string_view::npos) {
    const auto address = IpAddress::parse(text.substr(0, zone));
    return address && !address->is_v4() && is_port(text.substr(zone + 1)) ? address : std::nullopt;
  }
  if (const auto whole = IpAddress::parse(text)) return whole;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return std::nullopt;
  return IpAddress::parse(text.substr(0, colon));
}

// The scheme that the client used. Traefik writes "wss" for a web socket, which opens as an https
// request (RFC 6455 section 4.1). Nothing else counts as secure.
bool is_secure_scheme(std::string_view scheme) {
  return equal_names(scheme, "https") || equal_names(scheme, "wss");
}

struct Hop {
  std::string_view address;
  std::string_view proto;
  std::string_view host;
};

// From the nearest proxy to the farthest.
std::vector<Hop> forwarded_hops(const Head& head) {
  std::vector<Hop> hops;
  for (const std::string_view element : items_of(head, "forwarded")) {
    hops.push_back(
        {parameter(element, "for"), parameter(element, "proto"), parameter(element, "host")});
  }
  return hops;
}

// Schemes or hosts, for the hops that they are about. If there are as many as addresses, each proxy
// has appended one of each. Otherwise a proxy has written its own over the others, or passes on
// what the client wrote, and only the nearest one is surely a proxy's.
void spread(std::vector<Hop>& hops, const std::vector<std::string_view>& values,
            std::string_view Hop::*member) {
  if (values.empty()) return;
  const size_t count = values.size() == hops.size() ? values.size() : 1;
  for (size_t i = 0; i < count; ++i)
    hops[i].*member = values[i];
}

std::vector<Hop> x_forwarded_hops(const Head& head) {
  std::vector<Hop> hops;
  for (const std::string_view address : items_of(head, "x-forwarded-for")) {
    hops.push_back({address, "", ""});
  }
  const auto protos = items_of(head, "x-forwarded-proto");
  const auto hosts = items_of(head, "x-forwarded-host");
  if (hops.empty() && (!protos.empty() || !hosts.empty())) hops.push_back({});
  spread(hops, protos, &Hop::proto);
  spread(hops, hosts, &Hop::host);
  return hops;
}

}  // namespace

bool is_trusted(const IpAddress& address, std::span<const Network> trusted) {
  return address == IpAddress{} ||
         std::any_of(trusted.begin(), trusted.end(),
                     [&](const Network& network) { return network.contains(address); });
}

ClientOrigin find_client(const Head& head, const IpAddress& peer, bool is_secure,
                         const Policy& policy) {
  const std::span<const Network> trusted = policy.ingress.trusted_proxies;
  ClientOrigin origin{peer, is_secure, head.host};
  if (!is_trusted(peer, trusted)) return origin;
  const bool reads_forwarded = policy.ingress.proxy_headers == config::ProxyHeaders::forwarded;
  for (const Hop& hop : reads_forwarded ? forwarded_hops(head) : x_forwarded_hops(head)) {
    if (!is_trusted(origin.address, trusted)) break;
    // Each believed proxy may say who connected to it, and how.
    if (!hop.proto.empty()) origin.is_secure = is_secure_scheme(hop.proto);
    if (!hop.host.empty()) origin.host = hop.host;
    const std::optional<IpAddress> address = parse_node(hop.address);
    if (!address) break;
    origin.address = *address;
  }
  return origin;
}

}  // namespace authd::http
