#include "http/front/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "config/reading/values.h"

namespace authd::http {
namespace {

constexpr int kBacklog = 4096;
constexpr mode_t kSocketMode = 0660;  // the proxy or app in the socket's group may connect

Error cannot_listen(const std::string& address, int error_number) {
  std::string advice;
  if (error_number == EADDRINUSE)
    advice = "; another process uses it: stop that, or choose another";
  if (error_number == EACCES)
    advice = "; ports below 1024 need CAP_NET_BIND_SERVICE or systemd's socket";
  return Error{ErrorCode::unavailable,
               "cannot listen on " + address + ": " + system_message(error_number) + advice};
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address inet_address(const IpAddress& ip, uint16_t port) {
  Address address;
  if (ip.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, ip.bytes.data() + 12, 4);
    address.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, ip.bytes.data(), 16);
    address.size = sizeof *v6;
  }
  return address;
}

// Connections inherit all of them from the listener.
void bound_inet_buffers(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowat, sizeof kNotSentLowat);
}

// The address that the kernel bound, for port 0 and for systemd's sockets.
std::string bound_address(int fd, bool& is_unix) {
  Address address;
  getsockname(fd, address.get(), &address.size);
  is_unix = address.storage.ss_family == AF_UNIX;
  if (is_unix)
    return "unix:" + std::string(reinterpret_cast<sockaddr_un*>(&address.storage)->sun_path);
  config::Listen listen;
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    IpAddress ip;
    std::memcpy(ip.bytes.data(), &v6->sin6_addr, 16);
    listen.host = ip.to_string();
    listen.port = ntohs(v6->sin6_port);
  } else {
    const auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4->sin_addr, 4);
    listen.host = IpAddress::from_v4(bytes).to_string();
    listen.port = ntohs(v4->sin_port);
  }
  return config::format_listen(listen);
}

Result<Listener> open_inet(const IpAddress& ip, uint16_t port, Role role) {
  config::Listen shown;
  shown.host = ip.to_string();
  shown.port = port;
  const std::string name = config::format_listen(shown);
  Listener listener;
  listener.role = role;
  listener.fd.reset(
      socket(ip.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.fd) return cannot_listen(name, errno);
  const int on = 1;
  setsockopt(listener.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bound_inet_buffers(listener.fd.get());
  if (!ip.is_v4()) setsockopt(listener.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  Address address = inet_address(ip, port);
  if (bind(listener.fd.get(), address.get(), address.size) != 0 ||
      listen(listener.fd.get(), kBacklog) != 0) {
    return cannot_listen(name, errno);
  }
  listener.address = bound_address(listener.fd.get(), listener.is_unix);
  return listener;
}

uint16_t port_of(int fd) {
  Address address;
  getsockname(fd, address.get(), &address.size);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

// False where IPv6 is switched off.
bool has_address(const IpAddress& ip) {
  const UniqueFd fd(socket(ip.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address any_port = inet_address(ip, 0);
  return fd && bind(fd.get(), any_port.get(), any_port.size) == 0;
}

// "localhost" means both loopback addresses, since a client may use either. If another program has
// one of them, that is an error: it would get some of the requests.
Result<std::vector<Listener>> open_loopback(uint16_t port, Role role) {
  const IpAddress v6_address = *IpAddress::parse("::1");
  const bool has_v6 = has_address(v6_address);
  for (int tries_left = port == 0 ? 16 : 1;; --tries_left) {  // port 0: one that is free on both
    std::vector<Listener> listeners;
    listeners.push_back(TRY(open_inet(*IpAddress::parse("127.0.0.1"), port, role)));
    if (!has_v6) return listeners;
    Result<Listener> v6 = open_inet(v6_address, port_of(listeners.front().fd.get()), role);
    if (v6) {
      listeners.push_back(std::move(*v6));
      return listeners;
    }
    if (tries_left == 1) return std::move(v6.error());
  }
}

// Removes a socket that nobody listens on; leaves everything else.
void remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found;
  if (lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return;
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
}

Result<Listener> open_unix(const std::string& path, Role role) {
  Listener listener;
  listener.role = role;
  listener.is_unix = true;
  listener.address = "unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);  // parse_listen bounds the length
  remove_stale(path, address);
  listener.fd.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.fd ||
      bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), kSocketMode) != 0 || ::listen(listener.fd.get(), kBacklog) != 0) {
    return cannot_listen(listener.address, errno);
  }
  listener.path = path;
  return listener;
}

}  // namespace

Result<std::vector<Listener>> open_listeners(const config::Listen& listen, Role role) {
  std::vector<Listener> listeners;
  if (listen.kind == config::Listen::Kind::systemd) return listeners;
  if (listen.kind == config::Listen::Kind::unix_path) {
    listeners.push_back(TRY(open_unix(listen.path, role)));
    return listeners;
  }
  if (listen.host == "localhost") return open_loopback(listen.port, role);
  if (!listen.host.empty()) {
    listeners.push_back(TRY(open_inet(*IpAddress::parse(listen.host), listen.port, role)));
    return listeners;
  }
  // All addresses: IPv6 may be switched off on this host, IPv4 is expected.
  Result<Listener> v6 = open_inet(IpAddress{}, listen.port, role);
  if (v6) listeners.push_back(std::move(*v6));
  listeners.push_back(TRY(open_inet(IpAddress::from_v4({0, 0, 0, 0}), listen.port, role)));
  return listeners;
}

Result<Listener> adopt_listener(int fd, Role role) {
  Listener listener;
  listener.fd.reset(fd);
  listener.role = role;
  listener.is_inherited = true;
  int is_listening = 0;
  socklen_t size = sizeof is_listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0 || is_listening == 0) {
    return Error{
        ErrorCode::unavailable,
        "systemd handed over something that is not a listening stream socket (file descriptor " +
            std::to_string(fd) + ")"};
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  listener.address = bound_address(fd, listener.is_unix);
  if (!listener.is_unix) bound_inet_buffers(fd);
  return listener;
}

void bound_send_buffer(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

IpAddress address_of(const sockaddr_storage& peer) {
  IpAddress ip;
  if (peer.ss_family == AF_INET6) {
    std::memcpy(ip.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, 16);
  } else if (peer.ss_family == AF_INET) {
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, 4);
    ip = IpAddress::from_v4(bytes);
  }
  return ip;
}

}  // namespace authd::http
