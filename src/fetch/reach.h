// Where a request may go, once the address of its server is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace authd::fetch {

// `any` is for addresses that the operator has chosen. `public_only` is for those that strangers
// bring along, such as a client's jwks_uri: https to port 443 of a public address.
enum class Reach { any, public_only };

inline constexpr unsigned kHttpsPort = 443;

// Whether a stranger's address may lead to this one: a public address at port 443, or any port of
// a listed network.
bool is_reachable(const IpAddress& ip, unsigned port, const std::vector<Network>& listed);

struct Target {
  std::string host;  // in lower case, without brackets
  unsigned port = 0;
};

// Whether plain http may lead there: to any port of a listed network.
bool is_listed(const IpAddress& ip, const std::vector<Network>& listed);

// The host and the port of an https URL. Stricter than URLs are, so that no other reader can see
// another host in it: a name of letters, digits, "-" and ".", an IPv4 address of four decimal
// numbers, or an IPv6 address in brackets without a zone; no user. Error: `unavailable`.
Result<Target> https_target(std::string_view url);

// The same for a URL of plain http.
Result<Target> http_target(std::string_view url);

// What can be said of a target whose name a proxy will resolve: an address in numbers is judged as
// above, a name must not be one of this network, and the port must be 443. Error: `unavailable`.
Result<void> check_by_name(const Target& target, const std::vector<Network>& listed);

// Whether the host is reached without the proxy: it is this machine, or `no_proxy` (hosts with
// commas between them) has it or a domain that it is in.
bool is_direct(std::string_view host, std::string_view no_proxy);

}  // namespace authd::fetch
