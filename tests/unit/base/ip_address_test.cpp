#include "base/ip_address.h"

#include <catch2/catch.hpp>

using namespace authd;

namespace {

std::string canonical(std::string_view text) {
  const std::optional<IpAddress> ip = IpAddress::parse(text);
  return ip ? ip->to_string() : "refused";
}

bool is_inside(std::string_view network, std::string_view ip) {
  CAPTURE(std::string(network));
  const std::optional<Network> found = Network::parse(network);
  REQUIRE(found);
  return found->contains(*IpAddress::parse(ip));
}

}  // namespace

TEST_CASE("IPv6 addresses are written as RFC 5952 section 4 asks for") {
  // 4.1: no leading zeros.
  CHECK(canonical("2001:0db8:0000:0000:0001:0000:0000:0001") == "2001:db8::1:0:0:1");
  // 4.2.1: as short as possible.
  CHECK(canonical("2001:db8:0:0:0:0:2:1") == "2001:db8::2:1");
  CHECK(canonical("0:0:0:0:0:0:0:1") == "::1");
  CHECK(canonical("0:0:0:0:0:0:0:0") == "::");
  CHECK(canonical("1:0:0:0:0:0:0:0") == "1::");
  // 4.2.2: one group of zeros alone is not cut.
  CHECK(canonical("2001:db8::1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
  // 4.2.3: the longest run, of equal ones the first.
  CHECK(canonical("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");
  CHECK(canonical("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");
  // 4.3: small letters.
  CHECK(canonical("2001:DB8::ABCD:EF01") == "2001:db8::abcd:ef01");
}

TEST_CASE("an IPv4 address and its mapped form are one client") {
  CHECK(IpAddress::parse("192.0.2.1") == IpAddress::parse("::ffff:192.0.2.1"));
  CHECK(IpAddress::parse("192.0.2.1") == IpAddress::parse("::ffff:c000:201"));
  CHECK(canonical("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(IpAddress::parse("192.0.2.1")->is_v4());
  CHECK_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());
  CHECK_FALSE(IpAddress::parse("2001:db8::1")->is_v4());
  CHECK(IpAddress::from_v4({192, 0, 2, 1}).to_string() == "192.0.2.1");
  CHECK(IpAddress().to_string() == "::");
}

TEST_CASE("an IPv6 address may stand in brackets, an IPv4 address may not") {
  CHECK(canonical("[2001:db8::1]") == "2001:db8::1");
  CHECK(canonical("[::ffff:192.0.2.1]") == "192.0.2.1");
  CHECK(canonical("[192.0.2.1]") == "refused");
}

TEST_CASE("text that is not an address is refused") {
  for (const char* text : {"",
                           " ",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.-1",
                           "01.2.3.4",
                           "0x1.2.3.4",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4:80",
                           "1.2.3.4/8",
                           "localhost",
                           ":",
                           ":::",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "12345::",
                           "g::",
                           "fe80::1%eth0",
                           "[::1",
                           "::1]",
                           "[]",
                           "[[::1]]",
                           "[::1]:80",
                           "::ffff:1.2.3",
                           "::ffff:1.2.3.4.5",
                           "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
    CAPTURE(text);
    CHECK_FALSE(IpAddress::parse(text));
  }
}

TEST_CASE("a NUL does not end an address") {
  CHECK_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0.evil.example", 23)));
  CHECK_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
}

TEST_CASE("limits count an IPv4 address whole and an IPv6 address by its /64") {
  CHECK(IpAddress::parse("192.0.2.77")->limit_key().to_string() == "192.0.2.77");
  CHECK(IpAddress::parse("2001:db8:1:2:3:4:5:6")->limit_key().to_string() == "2001:db8:1:2::");
  CHECK(IpAddress::parse("2001:db8:1:2::1")->limit_key() ==
        IpAddress::parse("2001:db8:1:2:ffff::1")->limit_key());
  CHECK(IpAddress::parse("2001:db8:1:2::1")->limit_key() !=
        IpAddress::parse("2001:db8:1:3::1")->limit_key());
}

TEST_CASE("a network holds its addresses, from the first to the last, and no others") {
  CHECK(is_inside("10.0.0.0/8", "10.0.0.0"));
  CHECK(is_inside("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(is_inside("10.0.0.0/8", "11.0.0.0"));
  CHECK_FALSE(is_inside("10.0.0.0/8", "9.255.255.255"));
  CHECK(is_inside("192.0.2.128/25", "192.0.2.128"));
  CHECK_FALSE(is_inside("192.0.2.128/25", "192.0.2.127"));
  CHECK(is_inside("2001:db8::/32", "2001:db8:ffff::1"));
  CHECK_FALSE(is_inside("2001:db8::/32", "2001:db9::"));
  CHECK(is_inside("fe80::/10", "febf::1"));
  CHECK_FALSE(is_inside("fe80::/10", "fec0::1"));
}

TEST_CASE("a bare address is a network of one") {
  CHECK(is_inside("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(is_inside("192.0.2.1", "192.0.2.2"));
  CHECK(is_inside("2001:db8::1", "2001:db8::1"));
  CHECK_FALSE(is_inside("2001:db8::1", "2001:db8::2"));
}

TEST_CASE("the network of all IPv4 addresses contains no IPv6 address") {
  CHECK(is_inside("0.0.0.0/0", "192.0.2.1"));
  CHECK(is_inside("0.0.0.0/0", "::ffff:192.0.2.1"));
  CHECK_FALSE(is_inside("0.0.0.0/0", "2001:db8::1"));
  CHECK_FALSE(is_inside("0.0.0.0/0", "::"));
  CHECK(is_inside("::/0", "2001:db8::1"));
}

TEST_CASE("a mapped network counts the bits of IPv6") {
  CHECK(is_inside("::ffff:10.0.0.0/104", "10.1.2.3"));
  CHECK_FALSE(is_inside("::ffff:10.0.0.0/104", "11.1.2.3"));
  CHECK_FALSE(Network::parse("::ffff:10.0.0.0/8"));  // As IPv6 it has host bits set.
  CHECK(is_inside("::ffff:0:0/96", "192.0.2.1"));
}

TEST_CASE("networks are written as they are read") {
  for (const char* text :
       {"10.0.0.0/8", "192.0.2.1/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "2001:db8::1/128"}) {
    CHECK(Network::parse(text)->to_string() == text);
  }
  CHECK(Network::parse("192.0.2.1")->to_string() == "192.0.2.1/32");
  CHECK(Network::parse("::ffff:10.0.0.0/104")->to_string() == "10.0.0.0/8");
}

TEST_CASE("text that is not a network is refused, and so are set host bits") {
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "0.0.0.0/-0", "10.0.0.0/+8",
        "10.0.0.0/8 ", "10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0.0/8x", "10.0.0.0/255.0.0.0",
        "10.0.0.1/8", "2001:db8::1/32", "2001:db8::/129", "::/4294967296", "10/8"}) {
    CAPTURE(text);
    CHECK_FALSE(Network::parse(text));
  }
}

TEST_CASE("a host is the loopback by its address or by the name localhost") {
  for (const char* host :
       {"localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1", "[::1]", "::ffff:127.0.0.1"}) {
    INFO(host);
    CHECK(is_loopback_host(host));
  }
  for (const char* host : {"", "127.example.org", "localhost.example.org", "127.1", "128.0.0.1",
                           "::", "::2", "0.0.0.0", "localhost:80", "[127.0.0.1]"}) {
    INFO(host);
    CHECK_FALSE(is_loopback_host(host));
  }
}

TEST_CASE("the port is taken off an authority, and not off an IPv6 address") {
  CHECK(without_port("example.org:8443") == "example.org");
  CHECK(without_port("example.org") == "example.org");
  CHECK(without_port("[::1]:80") == "[::1]");
  CHECK(without_port("[::1]") == "[::1]");
  CHECK(without_port("") == "");
}
