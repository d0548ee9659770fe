#include "http/app/proxies.h"

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "support/cpu_clock.h"

using namespace authd;
using namespace authd::http;

namespace {

using Headers = std::vector<std::pair<std::string_view, std::string_view>>;

const char* const kProxy = "10.0.0.1";

std::vector<Network> networks(const std::vector<std::string>& texts) {
  std::vector<Network> all;
  for (const std::string& text : texts)
    all.push_back(Network::parse(text).value());
  return all;
}

ClientOrigin origin(Headers headers, const char* peer = kProxy, bool is_secure = false,
                    const std::vector<std::string>& trusted = {"10.0.0.0/8", "2001:db8:aa::/48"}) {
  Head head;
  head.host = "direct.example";
  head.headers = std::move(headers);
  Policy policy;
  policy.ingress.trusted_proxies = networks(trusted);
  // The proxies of a case write the header that comes first.
  const bool reads_forwarded =
      !head.headers.empty() && equal_names(head.headers[0].first, "forwarded");
  policy.ingress.proxy_headers =
      reads_forwarded ? config::ProxyHeaders::forwarded : config::ProxyHeaders::x_forwarded;
  return find_client(head, IpAddress::parse(peer).value(), is_secure, policy);
}

std::string client(Headers headers, const char* peer = kProxy) {
  return origin(std::move(headers), peer).address.to_string();
}

std::string by_list(std::string_view list) {
  return client({{"X-Forwarded-For", list}});
}

std::string by_rfc7239(std::string_view elements) {
  return client({{"Forwarded", elements}});
}

}  // namespace

TEST_CASE("a peer that is not listed is believed nothing") {
  const Headers lies = {{"X-Forwarded-For", "203.0.113.7"},
                        {"X-Forwarded-Proto", "https"},
                        {"X-Forwarded-Host", "evil.example"},
                        {"Forwarded", "for=203.0.113.8;proto=https;host=evil.example"}};
  for (const char* peer : {"192.0.2.1", "11.0.0.1", "9.255.255.255", "2001:db8:ab::1"}) {
    CAPTURE(peer);
    const ClientOrigin found = origin(lies, peer, false, {"10.0.0.0/8"});
    CHECK(found.address.to_string() == peer);
    CHECK_FALSE(found.is_secure);
    CHECK(found.host == "direct.example");
  }
}

TEST_CASE("without listed proxies no header counts, on TLS neither") {
  const ClientOrigin found =
      origin({{"X-Forwarded-Proto", "http"}, {"X-Forwarded-For", "1.2.3.4"}}, kProxy, true, {});
  CHECK(found.address.to_string() == kProxy);
  CHECK(found.is_secure);
}

TEST_CASE("a unix socket's peer is a proxy without being listed") {
  CHECK(client({{"X-Forwarded-For", "203.0.113.7"}}, "::") == "203.0.113.7");
  const ClientOrigin found = origin({{"X-Forwarded-For", "203.0.113.7"}}, "::", false, {});
  CHECK(found.address.to_string() == "203.0.113.7");
}

TEST_CASE("a proxy that says nothing is the client itself") {
  const ClientOrigin found = origin({});
  CHECK(found.address.to_string() == kProxy);
  CHECK(found.host == "direct.example");
}

TEST_CASE("X-Forwarded-For is read from the right, up to the first that is no proxy") {
  CHECK(by_list("203.0.113.7") == "203.0.113.7");
  CHECK(by_list("1.2.3.4, 203.0.113.7") == "203.0.113.7");
  CHECK(by_list("1.2.3.4, 203.0.113.7, 10.2.2.2, 10.1.1.1") == "203.0.113.7");
  CHECK(by_list("1.2.3.4,203.0.113.7,\t10.1.1.1") == "203.0.113.7");
  CHECK(by_list("10.3.3.3, 203.0.113.7") == "203.0.113.7");  // A client that plays the proxy.
  CHECK(by_list("10.3.3.3, 10.2.2.2") == "10.3.3.3");        // Nobody but proxies.
}

TEST_CASE("X-Forwarded-For may be several headers, in order") {
  CHECK(client({{"X-Forwarded-For", "1.2.3.4"}, {"x-forwarded-for", "203.0.113.7, 10.1.1.1"}}) ==
        "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "203.0.113.7"}, {"X-FORWARDED-FOR", "10.1.1.1"}}) ==
        "203.0.113.7");
}

TEST_CASE("an address has a port or not, and IPv6 brackets or not") {
  CHECK(by_list("203.0.113.7:4711") == "203.0.113.7");
  CHECK(by_list("2001:db8::7") == "2001:db8::7");
  CHECK(by_list("[2001:db8::7]") == "2001:db8::7");
  CHECK(by_list("[2001:db8::7]:4711") == "2001:db8::7");
  CHECK(by_list("::ffff:203.0.113.7") == "203.0.113.7");
  CHECK(by_list("2001:db8::7, ::ffff:10.1.1.1") == "2001:db8::7");  // A proxy, mapped.
  CHECK(by_list("2001:db8::7, 2001:db8:aa::1") == "2001:db8::7");
  CHECK(by_list("fe80::1%eth0, 10.1.1.1") == "fe80::1");
}

TEST_CASE("reading stops at what is no address: the proxy that said it is the client") {
  for (const char* garbage : {"",
                              "unknown",
                              "_hidden",
                              "garbage",
                              "1.2.3",
                              "1.2.3.4.5",
                              "256.1.1.1",
                              "0x7f000001",
                              "2130706433",
                              "1.2.3.4:port:5",
                              "1.2.3.4 5.6.7.8",
                              "<script>",
                              "1.2.3.4:",
                              "1.2.3.4:x y",
                              "1.2.3.4:80\"",
                              "[1.2.3.4]:80",
                              "[2001:db8::7",
                              "1.2.3.4%eth0",
                              "fe80::1%",
                              "%eth0",
                              "fe80::1%\""}) {
    CAPTURE(garbage);
    const std::string text(garbage);
    CHECK(by_list(text + ", 10.1.1.1") == "10.1.1.1");
    CHECK(by_list("1.2.3.4, " + text + ", 10.1.1.1") == "10.1.1.1");
    CHECK(by_list("1.2.3.4, " + text) == kProxy);
    CHECK(by_list(text + ", 203.0.113.7") == "203.0.113.7");
  }
}

// A proxy puts ", <address>" behind what the client sent. Nothing that the client sends may swallow
// or change that.
TEST_CASE("a client cannot choose its address in front of what a proxy appends") {
  for (const char* sent : {"9.9.9.9",
                           "\"",
                           "\"9.9.9.9",
                           "9.9.9.9\"",
                           "9.9.9.9:\"",
                           "9.9.9.9:80\"",
                           "\\",
                           "\\\"",
                           "(",
                           "9.9.9.9;\"",
                           "for=9.9.9.9;\"",
                           "for=\"9.9.9.9:",
                           "for=9.9.9.9;x=\"",
                           "for=9.9.9.9;x=\"\\",
                           "for=\"9.9.9.9\";x=\"",
                           "for=\"[::9]:1",
                           ",",
                           ",,,",
                           ", \"",
                           "=",
                           ";",
                           "for=",
                           "for=\""}) {
    CAPTURE(sent);
    const std::string text(sent);
    CHECK(by_list(text + ", 203.0.113.7") == "203.0.113.7");
    CHECK(by_list(text + ", 2001:db8::7") == "2001:db8::7");
    CHECK(by_list(text + ", 203.0.113.7, 10.1.1.1") == "203.0.113.7");
    CHECK(by_list(text + ",203.0.113.7:80") == "203.0.113.7");
    CHECK(by_rfc7239(text + ", for=203.0.113.7") == "203.0.113.7");
    CHECK(by_rfc7239(text + ", for=\"203.0.113.7\"") == "203.0.113.7");
    CHECK(by_rfc7239(text + ", for=\"203.0.113.7:80\";proto=http") == "203.0.113.7");
    CHECK(by_rfc7239(text + ", for=\"[2001:db8::7]:80\"") == "2001:db8::7");
    CHECK(by_rfc7239(text + ",proto=https;for=203.0.113.7, for=10.1.1.1") == "203.0.113.7");
  }
}

TEST_CASE("a long chain costs little and is read from its right end") {
  std::string chain;
  for (int i = 0; i < 2000; ++i)
    chain += "10.1.1.1, ";
  CHECK(by_list(chain + "203.0.113.7") == "203.0.113.7");
  CHECK(by_list("203.0.113.7, " + chain + "10.1.1.1") == "10.1.1.1");
  CHECK(test::costs_little([] {
    for (const char c : {'\\', '"', ',', ';', '=', ' '}) {
      const std::string noise(1 << 20, c);
      CHECK(by_list(noise + ", 203.0.113.7") == "203.0.113.7");
      CHECK(by_rfc7239(noise + ", for=203.0.113.7") == "203.0.113.7");
      by_rfc7239(noise);
    }
  }));
}

TEST_CASE("Forwarded names its parameters in any order and case, with quotes or without") {
  for (const char* element :
       {"for=203.0.113.7", "For=203.0.113.7", "FOR=\"203.0.113.7\"", "for=\"203.0.113.7:4711\"",
        "for=203.0.113.7:4711", "proto=http;for=203.0.113.7;by=10.0.0.1",
        "by=\"a,b;for=1.1.1.1\";for=203.0.113.7", " for=203.0.113.7 ; proto=http ",
        "for=1.1.1.1, for=203.0.113.7", "for=\"1.1.1.1, for=2.2.2.2\", for=203.0.113.7",
        ";;for=203.0.113.7;;"}) {
    CAPTURE(element);
    CHECK(by_rfc7239(element) == "203.0.113.7");
  }
}

TEST_CASE("Forwarded has IPv6 in brackets, and obfuscated and unknown nodes") {
  CHECK(by_rfc7239("for=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17");
  CHECK(by_rfc7239("for=\"[2001:db8:cafe::17]\"") == "2001:db8:cafe::17");
  CHECK(by_rfc7239("for=\"[2001:db8:cafe::17]:_port\"") == "2001:db8:cafe::17");
  CHECK(by_rfc7239("for=192.0.2.43, for=\"[2001:db8:aa::17]\"") == "192.0.2.43");
  for (const char* hidden :
       {"for=unknown", "for=_gazonk", "for=\"_SEVKISEK\"", "for=", "for=\"\"", "for=\"", "for",
        "proto=https", "", "for=\"unknown:80\"", "fort=1.1.1.1"}) {
    CAPTURE(hidden);
    CHECK(by_rfc7239(hidden) == kProxy);
    CHECK(by_rfc7239("for=1.1.1.1, " + std::string(hidden)) == kProxy);
    CHECK(by_rfc7239(std::string(hidden) + ", for=10.1.1.1") == "10.1.1.1");
  }
}

TEST_CASE("an escaped quote does not end what a proxy has quoted") {
  for (const char* host :
       {"a\\\"b", "a\\\\", "\\\"", "\\\\\\\"", "\\\";for=9.9.9.9", "a\\\", for=9.9.9.9"}) {
    CAPTURE(host);
    const std::string element = "for=203.0.113.7;host=\"" + std::string(host) + "\"";
    CHECK(by_rfc7239(element) == "203.0.113.7");
    CHECK(by_rfc7239("for=9.9.9.9, " + element) == "203.0.113.7");
  }
}

TEST_CASE("a quoted value hides no parameter") {
  const ClientOrigin found =
      origin({{"Forwarded", "host=\"a;proto=https;for=9.9.9.9\";for=203.0.113.7;proto=http"}});
  CHECK(found.address.to_string() == "203.0.113.7");
  CHECK_FALSE(found.is_secure);
}

TEST_CASE("when both are there, the one that the proxies write is read") {
  CHECK(client({{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=1.2.3.4"}}) ==
        "203.0.113.7");
  CHECK(client({{"Forwarded", "for=203.0.113.7"}, {"X-Forwarded-For", "1.2.3.4"}}) ==
        "203.0.113.7");
  const ClientOrigin found =
      origin({{"X-Forwarded-For", "203.0.113.7"}, {"Forwarded", "for=1.2.3.4;proto=https"}});
  CHECK_FALSE(found.is_secure);
}

TEST_CASE("a proxy tells the scheme and the host") {
  const ClientOrigin by_x = origin({{"X-Forwarded-For", "203.0.113.7"},
                                    {"X-Forwarded-Proto", "HTTPS"},
                                    {"X-Forwarded-Host", "auth.example"}});
  CHECK(by_x.is_secure);
  CHECK(by_x.host == "auth.example");
  const ClientOrigin by_element =
      origin({{"Forwarded", "for=203.0.113.7;proto=https;host=\"auth.example:8443\""}});
  CHECK(by_element.is_secure);
  CHECK(by_element.host == "auth.example:8443");
  // Also when it tells no address.
  CHECK(origin({{"X-Forwarded-Proto", "https"}}).is_secure);
  CHECK(origin({{"X-Forwarded-Host", "auth.example"}}).host == "auth.example");
  // And that TLS ended at us says nothing of how the client came.
  CHECK_FALSE(origin({{"X-Forwarded-Proto", "http"}}, kProxy, true).is_secure);
}

TEST_CASE("of scheme and host the nearest proxy's word counts, not what came to it") {
  CHECK_FALSE(origin({{"X-Forwarded-Proto", "https, http"}}).is_secure);
  CHECK(origin({{"X-Forwarded-Host", "evil.example, auth.example"}}).host == "auth.example");
  CHECK_FALSE(
      origin({{"Forwarded", "for=1.2.3.4;proto=https, for=203.0.113.7;proto=http"}}).is_secure);
  // Two proxies that are listed: the outer one knows how the client came.
  const ClientOrigin outer = origin(
      {{"Forwarded", "for=203.0.113.7;proto=https;host=a.example, for=10.1.1.1;proto=http"}});
  CHECK(outer.is_secure);
  CHECK(outer.host == "a.example");
}

TEST_CASE("a web socket came by the scheme that it was opened by") {
  for (const char* secure : {"wss", "WSS", "Wss", " wss ", "http, wss"}) {
    CAPTURE(secure);
    CHECK(origin({{"X-Forwarded-Proto", secure}}).is_secure);
  }
  for (const char* plain : {"ws", "WS", "https, ws", "wss, ws", "wss, http"}) {
    CAPTURE(plain);
    CHECK_FALSE(origin({{"X-Forwarded-Proto", plain}}).is_secure);
    CHECK_FALSE(origin({{"X-Forwarded-Proto", plain}}, kProxy, true).is_secure);
  }
  for (const char* secure : {"proto=wss", "proto=\"wss\"", "Proto=\"WSS\";for=203.0.113.7",
                             "for=203.0.113.7;proto=wss, for=10.1.1.1;proto=http"}) {
    CAPTURE(secure);
    CHECK(origin({{"Forwarded", secure}}).is_secure);
  }
  for (const char* plain : {"proto=ws", "proto=\"ws\"", "for=203.0.113.7;proto=WS"}) {
    CAPTURE(plain);
    CHECK_FALSE(origin({{"Forwarded", plain}}).is_secure);
    CHECK_FALSE(origin({{"Forwarded", plain}}, kProxy, true).is_secure);
  }
  // Only a trusted proxy is believed.
  CHECK_FALSE(origin({{"X-Forwarded-Proto", "wss"}}, "192.0.2.1").is_secure);
}

TEST_CASE("what is neither https nor wss is not secure") {
  for (const char* proto : {"http", "httpss", "https:", "ws", "wsss", "wss:", "wss://", "ftp", "on",
                            "1", "\"https\"", "https wss", "https;wss", "\"", "\xc3\xa9"}) {
    CAPTURE(proto);
    CHECK_FALSE(origin({{"X-Forwarded-Proto", proto}}).is_secure);
    CHECK_FALSE(origin({{"X-Forwarded-Proto", proto}}, kProxy, true).is_secure);
  }
  for (const char* element :
       {"proto=wsss", "proto=\"wss", "proto=wss:", "proto=\"ws s\"", "proto=x"}) {
    CAPTURE(element);
    CHECK_FALSE(origin({{"Forwarded", element}}).is_secure);
  }
}

TEST_CASE("X-Forwarded-Proto and -Host of several proxies go with their addresses") {
  const auto found = [](std::string_view addresses, std::string_view protos,
                        std::string_view hosts) {
    return origin({{"X-Forwarded-For", addresses},
                   {"X-Forwarded-Proto", protos},
                   {"X-Forwarded-Host", hosts}});
  };
  CHECK(found("192.0.2.8, 10.0.0.2", "https, http", "a.example, b.example").is_secure);
  CHECK_FALSE(found("192.0.2.8, 10.0.0.2", "http, https", "a.example, b.example").is_secure);
  CHECK(found("192.0.2.8, 10.0.0.2", "https, http", "a.example, b.example").host == "a.example");
  CHECK(found("192.0.2.8, 10.0.0.3, 10.0.0.2", "https, http, http", "a.example").is_secure);
  // What a client wrote before an unlisted address is not reached.
  CHECK_FALSE(found("192.0.2.8, 203.0.113.7", "https, http", "evil.example, b.example").is_secure);
  CHECK(found("192.0.2.8, 203.0.113.7", "https, http", "evil.example, b.example").host ==
        "b.example");
  CHECK_FALSE(found("203.0.113.7", "https, http", "evil.example, b.example").is_secure);
  // With another number of values, only the nearest proxy's counts.
  CHECK(found("192.0.2.8, 10.0.0.2", "https", "a.example").is_secure);
  CHECK_FALSE(found("192.0.2.8, 10.0.0.2", "https, https, http", "a.example").is_secure);
  CHECK_FALSE(found("192.0.2.8, 10.0.0.3, 10.0.0.2", "https, http", "a.example").is_secure);
}
