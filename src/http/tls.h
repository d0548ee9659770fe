// TLS by OpenSSL: contexts made from PEM files, and sessions on non-blocking sockets.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

struct ssl_ctx_st;
struct ssl_st;

namespace authd::http {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

// TLS 1.2 and later (RFC 9325), HTTP/1.1 by ALPN (RFC 7301). Error: `invalid`, naming the file and
// what is wrong with it.
Result<TlsContext> load_tls(const std::string& cert_file, const std::string& key_file);

// When the certificate of the context is over; 0 without a context.
Time certificate_end(const TlsContext& context);

// One connection's TLS.
class TlsSession {
 public:
  enum class Outcome { done, wants_read, wants_write, closed };

  TlsSession(const TlsContext& context, int fd);

  Outcome handshake();
  // Like read(2) and write(2): `count` bytes on done.
  Outcome read(char* to, size_t size, size_t& count);
  Outcome write(const char* from, size_t size, size_t& count);
  void shut_down();

 private:
  Outcome outcome(int code);

  TlsContext context_;  // outlives the session when a new certificate comes
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
};

}  // namespace authd::http
