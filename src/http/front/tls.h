// TLS with OpenSSL: contexts from PEM files, and sessions on non-blocking sockets.
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

// When the context's certificate expires; 0 without a context.
Time certificate_end(const TlsContext& context);

// One connection's TLS. Must not move: the library keeps a pointer to it.
class TlsSession {
 public:
  enum class Outcome { done, wants_read, wants_write, closed };

  TlsSession(const TlsContext& context, int fd);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Outcome handshake();
  // Like read(2) and write(2): `count` bytes on done. A read handles one record at a time, and
  // returns `wants_read` after a record without data. A peer that sends kMaxIdleMessages protocol
  // messages (KeyUpdate, RFC 8446 section 4.6.3) without data in between is `closed`: they cost
  // this side work, and RFC 8446 sets no limit.
  Outcome read(char* to, size_t size, size_t& count);
  Outcome write(const char* from, size_t size, size_t& count);
  // Whether the next read() has bytes without asking the socket.
  bool has_unread() const;
  void shut_down();

  static constexpr unsigned kMaxIdleMessages = 32;

 private:
  Outcome outcome(int code);
  static void on_message(int is_written, int version, int type, const void* bytes, size_t size,
                         ssl_st* ssl, void* session);

  TlsContext context_;  // outlives the session if a new certificate replaces it
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  bool is_established_ = false;
  unsigned idle_messages_ = 0;  // since the last data
};

}  // namespace authd::http
