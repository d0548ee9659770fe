// Listening sockets.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "base/ip_address.h"
#include "base/result.h"
#include "config/config.h"

namespace authd::http {

enum class Role { plain, tls, redirect };

struct Listener {
  UniqueFd fd;
  Role role = Role::plain;
  bool is_unix = false;
  bool is_inherited = false;  // systemd keeps listening, and passes it to the next server
  std::string path;           // of a unix socket that this process created: removed at the end
  std::string address;        // "127.0.0.1:8080", "[::1]:8080", "unix:/path"
};

// How much of a connection's replies the kernel may hold for a peer that does not read. Without
// these limits it grows to megabytes (net.ipv4.tcp_wmem). kSendBuffer bounds what is sent but not
// yet acknowledged; the kernel doubles it for its own bookkeeping. kNotSentLowat bounds what waits
// behind the peer's window (tcp(7)).
inline constexpr int kSendBuffer = 64 * 1024;
inline constexpr int kNotSentLowat = 16 * 1024;
// The same for requests that have not been read yet, such as those behind a waiting reply: the
// kernel lets that buffer grow to megabytes too (net.ipv4.tcp_rmem). An upload has a window of this
// size, so with a round trip of 100 ms one megabyte takes a second. The kernel doubles this as
// well.
inline constexpr int kReceiveBuffer = 128 * 1024;

// Opens the sockets of one entry. ":8080" and "localhost:8080" give two: IPv6, if this host has it,
// and IPv4. A stale unix socket is replaced, but not one that somebody listens on. Errors:
// `unavailable`, naming the address and what to do.
Result<std::vector<Listener>> open_listeners(const config::Listen& listen, Role role);

// A socket that systemd handed over.
Result<Listener> adopt_listener(int fd, Role role);

// For a connection on a unix socket, which does not inherit its buffer from the listener as TCP
// connections do.
void bound_send_buffer(int fd);

// The peer's address; the unspecified address for a unix socket.
IpAddress address_of(const sockaddr_storage& peer);

}  // namespace authd::http
