// The client's address behind reverse proxies: from X-Forwarded-* (de facto) and Forwarded (RFC
// 7239), which are believed only from listed proxies.
#pragma once

#include <span>
#include <string_view>

#include "base/ip_address.h"
#include "http/app/options.h"
#include "http/wire/head.h"

namespace authd::http {

struct ClientOrigin {
  IpAddress address;
  bool is_secure = false;
  std::string_view host;
};

// `peer` is the other end of the connection, `is_secure` whether that uses TLS. The addresses are
// read from right to left, past the listed proxies, so that what a client wrote itself is never
// reached. Only the header that the proxies are known to write is read (Policy): they pass the
// other one through as the client sent it. The peer of a unix socket (address "::") counts as a
// proxy without being listed: only it knows whom it speaks for, and only a process of this host
// that the socket's mode admits can connect.
ClientOrigin find_client(const Head& head, const IpAddress& peer, bool is_secure,
                         const Policy& policy);

bool is_trusted(const IpAddress& address, std::span<const Network> trusted);

}  // namespace authd::http
