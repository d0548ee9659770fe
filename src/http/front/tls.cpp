#include "http/front/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ctime>
#include <new>
#include <string_view>

#include "base/file.h"
#include "base/out_of_memory.h"

namespace authd::http {
namespace {

std::string openssl_reason() {
  const unsigned long first = ERR_peek_error();
  if (ERR_SYSTEM_ERROR(first)) {
    ERR_clear_error();
    return system_message(ERR_GET_REASON(first));
  }
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "it cannot be read" : reason;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Every connection makes a full handshake. A session ticket is sealed with a key that OpenSSL keeps
// for the life of the context, perhaps months: anyone who reads that key from memory can decrypt
// all earlier resumed connections, which defeats the forward secrecy of the cipher suites (RFC 9325
// section 3.4). With a P-256 certificate a full handshake costs 0.3 ms of a core more than a
// resumed one, on its own lane, and proxies and browsers keep their connections.
void switch_off_resumption(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);  // TLS 1.3: nor one that names a session kept here
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// Without this OpenSSL prompts for a key's password on the terminal, which a service does not have.
int refuse_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

}  // namespace

Result<TlsContext> load_tls(const std::string& cert_file, const std::string& key_file) {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  TlsContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context) return out_of_memory();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // CLEANSE_PLAINTEXT: data that was read may be a password, and must not stay in the library's
  // buffer.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
  switch_off_resumption(context.get());
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  // The library's own list has the finite-field groups of RFC 7919 as well: one ClientHello with
  // ffdhe8192, for which the client computes nothing, costs the server 150 ms (CVE-2002-20001).
  if (SSL_CTX_set1_groups_list(context.get(), "X25519:P-256:P-384") != 1) return out_of_memory();
  // A write may be retried from a different address, and idle connections keep no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // On by default: a read would continue for as long as records without data arrive.
  SSL_CTX_clear_mode(context.get(), SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_alpn_select_cb(context.get(), &choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1) {
    return Error{ErrorCode::invalid, "server.tls_cert: " + cert_file + ": " + openssl_reason()};
  }
  bool is_encrypted = false;
  SSL_CTX_set_default_passwd_cb(context.get(), &refuse_password);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), &is_encrypted);
  const int loaded = SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
  if (is_encrypted) {
    ERR_clear_error();
    return Error{ErrorCode::invalid,
                 "server.tls_key: " + key_file +
                     " is encrypted, and there is nobody to ask for the password: store it without "
                     "one (openssl pkey -in FILE -out NEW) and with mode 0600"};
  }
  if (loaded != 1) {
    return Error{ErrorCode::invalid, "server.tls_key: " + key_file + ": " + openssl_reason()};
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return Error{ErrorCode::invalid,
                 "server.tls_key: " + key_file + " is not the key of " + cert_file};
  }
  return context;
}

Time certificate_end(const TlsContext& context) {
  if (!context) return Time{};
  const X509* certificate = SSL_CTX_get0_certificate(context.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
    return Time{};
  }
  return from_unix_seconds(timegm(&end));
}

TlsSession::TlsSession(const TlsContext& context, int fd)
    : context_(context), ssl_(SSL_new(context.get()), &SSL_free) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
  SSL_set_msg_callback(ssl_.get(), &TlsSession::on_message);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

void TlsSession::on_message(int is_written, int, int type, const void*, size_t, ssl_st*,
                            void* session) {
  auto& self = *static_cast<TlsSession*>(session);
  if (is_written == 0 && self.is_established_ && type == SSL3_RT_HANDSHAKE)
    self.idle_messages_ += 1;
}

TlsSession::Outcome TlsSession::outcome(int code) {
  switch (SSL_get_error(ssl_.get(), code)) {
    case SSL_ERROR_WANT_READ: return Outcome::wants_read;
    case SSL_ERROR_WANT_WRITE: return Outcome::wants_write;
    default: ERR_clear_error(); return Outcome::closed;
  }
}

TlsSession::Outcome TlsSession::handshake() {
  ERR_clear_error();
  const int code = SSL_do_handshake(ssl_.get());
  is_established_ = code == 1;
  return code == 1 ? Outcome::done : outcome(code);
}

TlsSession::Outcome TlsSession::read(char* to, size_t size, size_t& count) {
  ERR_clear_error();
  const int code = SSL_read_ex(ssl_.get(), to, size, &count);
  if (code == 1) {
    idle_messages_ = 0;
    return Outcome::done;
  }
  const Outcome failed = outcome(code);
  return idle_messages_ > kMaxIdleMessages ? Outcome::closed : failed;
}

TlsSession::Outcome TlsSession::write(const char* from, size_t size, size_t& count) {
  ERR_clear_error();
  const int code = SSL_write_ex(ssl_.get(), from, size, &count);
  return code == 1 ? Outcome::done : outcome(code);
}

bool TlsSession::has_unread() const {
  return SSL_pending(ssl_.get()) > 0;
}

void TlsSession::shut_down() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace authd::http
