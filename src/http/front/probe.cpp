#include "http/front/probe.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/file.h"
#include "base/ip_address.h"
#include "config/reading/values.h"

namespace authd::http {
namespace {

Error failed(const config::Listen& listen, const std::string& cause) {
  return Error{ErrorCode::unavailable,
               "no answer from " + config::format_listen(listen) + ": " + cause};
}

// The address where a client reaches the listener: "all addresses" include the loopback address.
IpAddress reachable(const config::Listen& listen) {
  const std::string& host = listen.host;
  if (host.empty() || host == "localhost" || host == "0.0.0.0")
    return *IpAddress::parse("127.0.0.1");
  if (host == "::") return *IpAddress::parse("::1");
  return *IpAddress::parse(host);
}

Result<UniqueFd> connect_to(const config::Listen& listen, Milliseconds timeout) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (listen.kind == config::Listen::Kind::unix_path) {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, listen.path.c_str(), listen.path.size() + 1);
    size = sizeof *address;
  } else {
    const IpAddress ip = reachable(listen);
    if (ip.is_v4()) {
      auto* address = reinterpret_cast<sockaddr_in*>(&storage);
      address->sin_family = AF_INET;
      address->sin_port = htons(listen.port);
      std::memcpy(&address->sin_addr, ip.bytes.data() + 12, 4);
      size = sizeof *address;
    } else {
      auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
      address->sin6_family = AF_INET6;
      address->sin6_port = htons(listen.port);
      std::memcpy(&address->sin6_addr, ip.bytes.data(), 16);
      size = sizeof *address;
    }
  }
  UniqueFd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed(listen, system_message(errno));
  const timeval limit{timeout.count() / 1000,
                      static_cast<suseconds_t>(timeout.count() % 1000 * 1000)};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    return failed(listen, system_message(errno));
  }
  return fd;
}

// Sends the request and returns the first bytes of the answer; empty when there is none.
std::string exchange_plain(int fd, const std::string& request) {
  char answer[64];
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  const ssize_t got = recv(fd, answer, sizeof answer, 0);
  return got > 0 ? std::string(answer, static_cast<size_t>(got)) : "";
}

std::string exchange_tls(int fd, const std::string& request) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             &SSL_CTX_free);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), &SSL_free);
  char answer[64];
  size_t count = 0;
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1 || SSL_connect(ssl.get()) != 1 ||
      SSL_write_ex(ssl.get(), request.data(), request.size(), &count) != 1 ||
      SSL_read_ex(ssl.get(), answer, sizeof answer, &count) != 1) {
    return "";
  }
  return {answer, count};
}

}  // namespace

Result<int> probe(const config::Listen& listen, bool has_tls, const std::string& path,
                  Milliseconds timeout) {
  const UniqueFd fd = TRY(connect_to(listen, timeout));
  const bool uses_tls = has_tls && listen.kind == config::Listen::Kind::tcp;
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const std::string answer =
      uses_tls ? exchange_tls(fd.get(), request) : exchange_plain(fd.get(), request);
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  int status = 0;
  if (!answer.starts_with(kVersion) || answer.size() < kVersion.size() + 3 ||
      std::from_chars(answer.data() + kVersion.size(), answer.data() + kVersion.size() + 3, status)
              .ec != std::errc()) {
    return failed(listen, "it did not answer in time, or not in HTTP");
  }
  return status;
}

}  // namespace authd::http
