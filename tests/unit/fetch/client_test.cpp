#include "fetch/client.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::fetch;

namespace {

// Listens on the loopback, and knows whether anybody has come.
class Door {
 public:
  Door() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(listen(socket_, 8) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = std::to_string(ntohs(at.sin_port));
  }
  ~Door() { close(socket_); }
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  bool had_a_visitor() const {
    const int visitor = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (visitor >= 0) close(visitor);
    return visitor >= 0;
  }

  std::string port;

 private:
  const int socket_;
};

Request of_a_stranger(std::string url) {
  Request request;
  request.url = std::move(url);
  request.timeout = Milliseconds(500);
  request.reach = Reach::public_only;
  return request;
}

}  // namespace

TEST_CASE("only https, and http to this machine, is asked") {
  for (const char* good : {"https://id.example", "https://id.example:8443/a?b=c",
                           "http://127.0.0.1:9/", "http://localhost", "http://[::1]:9/x"}) {
    CAPTURE(good);
    CHECK(is_allowed_url(good));
  }
  for (const char* bad :
       {"", "https://", "http://id.example", "http://127.0.0.1.example/",
        "http://localhost.example", "http://127.0.0.1@id.example/", "https://a@b",
        "file:///etc/passwd", "HTTPS://id.example", "ftp://127.0.0.1", "https://id.example/a b",
        "https://id.example/\r\nX: y", "http://127.0.0.1\\.example", "//id.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_allowed_url(bad));
  }
}

TEST_CASE("an address that is not allowed is not asked") {
  HttpsClient client;
  const Result<Reply> reply = client.send({"http://192.0.2.1/", "", "", {}, "", Seconds(1)});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().message.find("not an https address") != std::string::npos);
}

TEST_CASE("a port that nobody listens on is an error with its cause") {
  HttpsClient client;
  const Result<Reply> reply = client.send({"http://127.0.0.1:1/", "", "", {}, "", Seconds(1)});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::unavailable);
  CHECK_FALSE(reply.error().message.empty());
}

TEST_CASE("the authorities of a request count, then those of the route") {
  const Door door;
  HttpsClient client({.ca_file = "/nowhere/route.pem"});
  Request request;
  request.url = "https://127.0.0.1:" + door.port + "/";
  request.timeout = Seconds(5);
  const Result<Reply> by_route = client.send(request);
  REQUIRE_FALSE(by_route);
  CHECK(by_route.error().message.find("/nowhere/route.pem") != std::string::npos);
  request.ca_file = "/nowhere/request.pem";
  const Result<Reply> by_request = client.send(request);
  REQUIRE_FALSE(by_request);
  CHECK(by_request.error().message.find("/nowhere/request.pem") != std::string::npos);
}

TEST_CASE("a stranger's address that leads to this machine is not connected to") {
  const Door door;
  HttpsClient client;
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    CAPTURE(host);
    const Result<Reply> reply = client.send(of_a_stranger("https://" + host + ":" + door.port));
    REQUIRE_FALSE(reply);
    CHECK(reply.error().name == kOutOfReach);
    CHECK_FALSE(door.had_a_visitor());
  }
}

TEST_CASE("a stranger's address never leads to plain http, and not past a check of the URL") {
  const Door door;
  HttpsClient client;
  for (const std::string& url :
       {"http://127.0.0.1:" + door.port + "/", "https://2130706433:" + door.port + "/"}) {
    CAPTURE(url);
    Request request = of_a_stranger(url);
    request.networks = {*Network::parse("127.0.0.0/8")};
    const Result<Reply> reply = client.send(request);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().name == kOutOfReach);
    CHECK_FALSE(door.had_a_visitor());
  }
}

TEST_CASE("a listed network is connected to, at any port") {
  const Door door;
  HttpsClient client;
  Request request = of_a_stranger("https://127.0.0.1:" + door.port);
  request.networks = {*Network::parse("127.0.0.0/8")};
  const Result<Reply> reply = client.send(request);  // There is no TLS behind this door.
  REQUIRE_FALSE(reply);
  CHECK(reply.error().name != kOutOfReach);
  CHECK(door.had_a_visitor());
}

TEST_CASE("plain http goes to a listed network if it may, and nowhere else, also not by a proxy") {
  const Door door;
  Request request = of_a_stranger("http://127.0.0.1:" + door.port + "/x");
  request.networks = {*Network::parse("127.0.0.0/8")};
  CHECK(HttpsClient().send(request).error().name == kOutOfReach);  // It may not.
  CHECK_FALSE(door.had_a_visitor());
  request.takes_plain_to_networks = true;
  // The name leads there: what counts is the address.
  for (const char* host : {"127.0.0.1", "localhost"}) {
    request.url = std::string("http://") + host + ":" + door.port + "/x";
    CHECK(HttpsClient().send(request).error().name.empty());
    CHECK(door.had_a_visitor());
  }
  request.networks = {*Network::parse("10.0.0.0/8")};
  for (const Route& route : {Route{}, Route{"http://127.0.0.1:" + door.port, "", ""}}) {
    const Result<Reply> reply = HttpsClient(route).send(request);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().name == kOutOfReach);
  }
  // A public address does not become one for plain http.
  request.url = "http://192.88.98.1/";
  CHECK(HttpsClient().send(request).error().name == kOutOfReach);
  // Without the limit, the permission means nothing.
  request.reach = Reach::any;
  request.url = "http://app.example/";
  CHECK(HttpsClient().send(request).error().message.ends_with("is not an https address"));
  CHECK_FALSE(door.had_a_visitor());
}

TEST_CASE("a proxy is asked for a stranger's public name, and not for an address of this network") {
  const Door proxy;
  HttpsClient client({"http://127.0.0.1:" + proxy.port, "direct.example"});
  const Result<Reply> refused = client.send(of_a_stranger("https://10.0.0.1/"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == kOutOfReach);
  CHECK_FALSE(proxy.had_a_visitor());
  const Result<Reply> sent = client.send(of_a_stranger("https://id.example/"));
  REQUIRE_FALSE(sent);  // It never answers.
  CHECK(sent.error().name != kOutOfReach);
  CHECK(proxy.had_a_visitor());
}
