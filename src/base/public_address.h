// Which addresses are on the public internet. Requests that a stranger can cause go nowhere else:
// behind the server's own address are services that trust their neighbours.
#pragma once

#include "base/ip_address.h"

namespace authd {

// False for everything that IANA's registries of special-purpose addresses (RFC 6890) reserve:
// loopback, private, link-local, shared (RFC 6598), multicast, documentation, benchmarking and
// unspecified addresses, and, as another address may be inside, translated and tunnelled IPv6
// (NAT64, 6to4, Teredo). False as well for the addresses at which clouds keep the credentials of
// their machines. "::ffff:10.0.0.1" is the IPv4 address that it maps.
bool is_public_address(const IpAddress& ip);

// Whether a host is meant for this machine or its neighbourhood by its name alone: "localhost" and
// names below it (RFC 6761), names without a dot, ".local", ".internal", ".home.arpa" and the like.
// For when somebody else resolves it. The name in any case, with a final dot or without.
bool is_local_name(std::string_view host);

}  // namespace authd
