#include "fetch/reach.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::fetch;

namespace {

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

const std::vector<Network> kNone;

}  // namespace

TEST_CASE("a stranger's address leads to port 443 of a public address, or to a listed network") {
  CHECK(is_reachable(ip("1.1.1.1"), 443, kNone));
  CHECK_FALSE(is_reachable(ip("1.1.1.1"), 8443, kNone));
  CHECK_FALSE(is_reachable(ip("1.1.1.1"), 22, kNone));
  CHECK_FALSE(is_reachable(ip("10.0.0.1"), 443, kNone));
  const std::vector<Network> listed = {*Network::parse("10.0.0.0/8")};
  CHECK(is_reachable(ip("10.0.0.1"), 8443, listed));
  CHECK(is_reachable(ip("1.1.1.1"), 443, listed));
  CHECK_FALSE(is_reachable(ip("1.1.1.1"), 8443, listed));
  CHECK_FALSE(is_reachable(ip("127.0.0.1"), 443, listed));
}

TEST_CASE("the host and the port of an https address are read") {
  const auto read = [](const char* url) {
    const Result<Target> target = https_target(url);
    return target ? target->host + " " + std::to_string(target->port) : "";
  };
  CHECK(read("https://Id.Example") == "id.example 443");
  CHECK(read("https://id.example:8443/a:b@c?d#e") == "id.example 8443");
  CHECK(read("https://1.2.3.4/") == "1.2.3.4 443");
  CHECK(read("https://[2001:DB8::1]:9/") == "2001:db8::1 9");
  CHECK(read("https://id.example?x") == "id.example 443");
}

TEST_CASE("an address that another reader may take for another host is refused") {
  for (const char* url : {"",
                          "http://id.example/",
                          "https://",
                          "https:///x",
                          "https://a@b/",
                          "https://127.1/",
                          "https://2130706433/",
                          "https://0x7f000001/",
                          "https://0x7f.1/",
                          "https://017700000001/",
                          "https://1.2.3.4.5/",
                          "https://127.0.0.01/",
                          "https://127.0.0.1./",
                          "https://1.2.3/",
                          "https://%31%32%37.0.0.1/",
                          "https://[::1%25eth0]/",
                          "https://[::1/",
                          "https://::1/",
                          "https://[127.0.0.1]/",
                          "https://a..b/",
                          "https://.a/",
                          "https://a_b/",
                          "https://a b/",
                          "https://a:0/",
                          "https://a:65536/",
                          "https://a:/",
                          "https://a:1:2/",
                          "https://a:x/",
                          "https://\xc3\xa4/",
                          "HTTPS://a/"}) {
    CAPTURE(url);
    CHECK_FALSE(https_target(url));
  }
}

TEST_CASE("behind a proxy, addresses in numbers and names of this network are refused") {
  for (const char* url :
       {"https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/", "https://localhost/", "https://db/", "https://nas.local/",
        "https://metadata.google.internal/", "https://id.example:8443/"}) {
    CAPTURE(url);
    const Result<Target> target = https_target(url);
    REQUIRE(target);
    CHECK_FALSE(check_by_name(*target, kNone));
  }
  for (const char* url : {"https://id.example/", "https://1.1.1.1/", "https://[2606:4700::1]/"}) {
    CAPTURE(url);
    const Result<Target> target = https_target(url);
    REQUIRE(target);
    CHECK(check_by_name(*target, kNone));
  }
}

TEST_CASE("hosts of no_proxy, what is below them and this machine are reached directly") {
  const std::string list = "corp.example, Other.Example";
  for (const char* host : {"localhost", "127.0.0.1", "::1", "corp.example", "a.b.corp.example",
                           "other.example", "corp.example."}) {
    CAPTURE(host);
    CHECK(is_direct(host, list));
  }
  for (const char* host : {"notcorp.example", "example", "corp.example.org"}) {
    CAPTURE(host);
    CHECK_FALSE(is_direct(host, list));
  }
  CHECK_FALSE(is_direct("id.example", ""));
}
