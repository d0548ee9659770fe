#include "fetch/reach.h"

#include <algorithm>

#include "base/public_address.h"
#include "base/text.h"

namespace authd::fetch {
namespace {

constexpr unsigned kHttpPort = 80;

Error refused(std::string cause) {
  return Error{ErrorCode::unavailable, std::move(cause)};
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

// Whether readers of URLs take a name for an IPv4 address: its last label is a number, in any
// notation that inet_aton() knows ("127.1", "2130706433", "0x7f000001").
bool is_number(std::string_view host) {
  while (host.ends_with('.'))
    host.remove_suffix(1);
  const size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  return is_digits(last) || last.starts_with("0x");
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return IpAddress::parse(host).has_value();
  return is_name(host) && (!is_number(host) || IpAddress::parse(host));
}

std::string_view unbracketed(std::string_view host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

// `rest` is what follows the scheme.
Result<Target> target_in(std::string_view rest, unsigned port_of_scheme) {
  const std::string authority = lower(rest.substr(0, rest.find_first_of("/?#\\")));
  const std::string_view host = without_port(authority);
  if (!is_host(host)) return refused("not a host that can be asked");
  Target target{std::string(unbracketed(host)), port_of_scheme};
  if (host.size() == authority.size()) return target;
  const auto port = parse_unsigned<uint16_t>(std::string_view(authority).substr(host.size() + 1));
  if (!port || *port == 0) return refused("not a port that can be asked");
  target.port = *port;
  return target;
}

}  // namespace

bool is_listed(const IpAddress& ip, const std::vector<Network>& listed) {
  return std::any_of(listed.begin(), listed.end(),
                     [&](const Network& network) { return network.contains(ip); });
}

bool is_reachable(const IpAddress& ip, unsigned port, const std::vector<Network>& listed) {
  return is_listed(ip, listed) || (port == kHttpsPort && is_public_address(ip));
}

Result<Target> https_target(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return refused("not an https address");
  return target_in(url.substr(kScheme.size()), kHttpsPort);
}

Result<Target> http_target(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return refused("not an http address");
  return target_in(url.substr(kScheme.size()), kHttpPort);
}

Result<void> check_by_name(const Target& target, const std::vector<Network>& listed) {
  if (const auto ip = IpAddress::parse(target.host)) {
    if (is_reachable(*ip, target.port, listed)) return {};
    return refused(target.host + " is not a public address");
  }
  if (is_local_name(target.host)) return refused(target.host + " is a name of this network");
  if (target.port != kHttpsPort) return refused("the port is not 443");
  return {};
}

bool is_direct(std::string_view host, std::string_view no_proxy) {
  if (is_loopback_host(host)) return true;
  while (host.ends_with('.'))
    host.remove_suffix(1);
  while (!no_proxy.empty()) {
    const size_t comma = no_proxy.find(',');
    std::string one = lower(trimmed(no_proxy.substr(0, comma)));
    no_proxy.remove_prefix(comma == std::string_view::npos ? no_proxy.size() : comma + 1);
    if (one.empty()) continue;
    if (host == one || host.ends_with('.' + one)) return true;
  }
  return false;
}

}  // namespace authd::fetch
