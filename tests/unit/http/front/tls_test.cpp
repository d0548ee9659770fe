#include "http/front/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "base/file.h"
#include "support/temp_dir.h"

using namespace authd;
using namespace authd::http;

namespace {

template <typename T, void (*free)(T*)>
struct Free {
  void operator()(T* value) const { free(value); }
};
template <typename T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Free<T, free>>;

// A self-signed certificate in cert.pem and key.pem.
void write_certificate(const std::string& directory) {
  const Owned<EVP_PKEY, &EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  const Owned<X509, &X509_free> cert(X509_new());
  REQUIRE(key);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  REQUIRE(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0);
  FILE* file = std::fopen((directory + "/cert.pem").c_str(), "w");
  REQUIRE(PEM_write_X509(file, cert.get()) == 1);
  std::fclose(file);
  file = std::fopen((directory + "/key.pem").c_str(), "w");
  REQUIRE(PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::fclose(file);
}

// A server's session and a client from the library, connected by a pair of sockets.
struct Pair {
  explicit Pair(const char* groups = "X25519", int version = TLS1_3_VERSION)
      : client_context(SSL_CTX_new(TLS_client_method())) {
    write_certificate(directory.path());
    Result<TlsContext> loaded =
        load_tls(directory.path() + "/cert.pem", directory.path() + "/key.pem");
    REQUIRE(loaded);
    server_context = *loaded;
    REQUIRE(SSL_CTX_set1_groups_list(client_context.get(), groups) == 1);
    SSL_CTX_set_min_proto_version(client_context.get(), version);
    SSL_CTX_set_max_proto_version(client_context.get(), version);
    again();
  }

  // Another connection between the same two.
  void again() {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    client.reset();
    server.reset();
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
    server.emplace(server_context, ours.get());
    client.reset(SSL_new(client_context.get()));
    SSL_set_fd(client.get(), theirs.get());
    SSL_set_connect_state(client.get());
  }

  // Whether the handshake succeeded on both sides.
  bool shake_hands() {
    bool is_done = false;
    for (int turn = 0; turn < 100 && !is_done; ++turn) {
      SSL_do_handshake(client.get());
      const TlsSession::Outcome outcome = server->handshake();
      if (outcome == TlsSession::Outcome::closed) return false;
      is_done = outcome == TlsSession::Outcome::done && SSL_is_init_finished(client.get()) == 1;
    }
    return is_done;
  }

  void update_keys() {
    SSL_key_update(client.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    REQUIRE(SSL_do_handshake(client.get()) == 1);
  }

  void say(const std::string& text) {
    REQUIRE(SSL_write(client.get(), text.data(), static_cast<int>(text.size())) ==
            static_cast<int>(text.size()));
  }

  TlsSession::Outcome read() {
    char buffer[64];
    size_t count = 0;
    return server->read(buffer, sizeof buffer, count);
  }

  test::TempDir directory;
  TlsContext server_context;
  Owned<SSL_CTX, &SSL_CTX_free> client_context;
  UniqueFd ours;
  UniqueFd theirs;
  std::optional<TlsSession> server;
  Owned<SSL, &SSL_free> client;
};

using Outcome = TlsSession::Outcome;

}  // namespace

TEST_CASE("only groups that cost the server little are spoken") {
  for (const char* group : {"X25519", "P-256", "P-384"}) {
    INFO(group);
    CHECK(Pair(group).shake_hands());
  }
  CHECK(Pair("P-256", TLS1_2_VERSION).shake_hands());  // the group of the certificate as well
  for (const char* group :
       {"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192", "P-521", "X448"}) {
    INFO(group);
    CHECK_FALSE(Pair(group).shake_hands());
  }
  // A client that also supports one of ours is asked for that one.
  CHECK(Pair("ffdhe8192:X25519").shake_hands());
}

TEST_CASE("a read looks at one message of the protocol's own at a time") {
  Pair pair;
  REQUIRE(pair.shake_hands());
  for (int i = 0; i < 3; ++i)
    pair.update_keys();
  pair.say("hello");
  for (int i = 0; i < 3; ++i)
    CHECK(pair.read() == Outcome::wants_read);
  CHECK(pair.read() == Outcome::done);
}

TEST_CASE("a peer that changes its keys and sends nothing is cut off") {
  Pair pair;
  REQUIRE(pair.shake_hands());
  for (unsigned i = 0; i < TlsSession::kMaxIdleMessages; ++i)
    pair.update_keys();
  for (unsigned i = 0; i < TlsSession::kMaxIdleMessages; ++i)
    REQUIRE(pair.read() == Outcome::wants_read);
  SECTION("with one message more than it may") {
    pair.update_keys();
    CHECK(pair.read() == Outcome::closed);
  }
  SECTION("and not when it sends data between") {
    pair.say("hello");
    REQUIRE(pair.read() == Outcome::done);
    for (unsigned i = 0; i < TlsSession::kMaxIdleMessages; ++i) {
      pair.update_keys();
      REQUIRE(pair.read() == Outcome::wants_read);
    }
    pair.say("hello");
    CHECK(pair.read() == Outcome::done);
  }
}

TEST_CASE("what a record has beyond the bytes that were asked for is told") {
  Pair pair;
  REQUIRE(pair.shake_hands());
  CHECK_FALSE(pair.server->has_unread());
  pair.say(std::string(100, 'x'));
  CHECK(pair.read() == Outcome::done);  // 64 of them
  CHECK(pair.server->has_unread());
  CHECK(pair.read() == Outcome::done);
  CHECK_FALSE(pair.server->has_unread());
}

TEST_CASE(
    "no session is resumed: each connection makes a full handshake, with or without a ticket") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO(version);
    Pair first("P-256", version);
    SSL_CTX_set_session_cache_mode(first.client_context.get(), SSL_SESS_CACHE_CLIENT);
    REQUIRE(first.shake_hands());
    // With TLS 1.3 a ticket follows the handshake, together with the first data.
    size_t sent = 0;
    REQUIRE(first.server->write("x", 1, sent) == Outcome::done);
    char byte = 0;
    REQUIRE(SSL_read(first.client.get(), &byte, 1) == 1);
    const Owned<SSL_SESSION, &SSL_SESSION_free> session(SSL_get1_session(first.client.get()));
    REQUIRE(session);
    CHECK(SSL_SESSION_has_ticket(session.get()) == 0);
    CHECK(SSL_SESSION_is_resumable(session.get()) == 0);

    SSL_shutdown(first.client.get());
    first.again();
    SSL_set_session(first.client.get(), session.get());
    REQUIRE(first.shake_hands());
    CHECK(SSL_session_reused(first.client.get()) == 0);
  }
}
