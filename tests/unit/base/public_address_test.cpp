#include "base/public_address.h"

#include <catch2/catch.hpp>

using namespace authd;

TEST_CASE("addresses that IANA reserves, and those of clouds' metadata, are not public") {
  for (const char* text : {
           "0.0.0.0",
           "0.1.2.3",
           "10.0.0.1",
           "10.255.255.255",
           "100.64.0.1",
           "100.127.255.255",
           "100.100.100.200",
           "127.0.0.1",
           "127.255.0.9",
           "169.254.169.254",
           "169.254.0.1",
           "172.16.0.1",
           "172.31.255.255",
           "192.0.0.1",
           "192.0.0.192",
           "192.0.2.1",
           "192.88.99.1",
           "192.168.0.1",
           "198.18.0.1",
           "198.19.255.255",
           "198.51.100.7",
           "203.0.113.9",
           "224.0.0.1",
           "239.255.255.255",
           "240.0.0.1",
           "255.255.255.255",
           "168.63.129.16",
           "::",
           "::1",
           "::2",
           "::ffff:127.0.0.1",
           "::ffff:10.0.0.1",
           "::127.0.0.1",
           "::ffff:0:7f00:1",
           "64:ff9b::7f00:1",
           "64:ff9b::808:808",
           "64:ff9b:1::1",
           "100::1",
           "2001::1",
           "2001:0:53aa:64c:0:fbff:a:b",
           "2001:2::1",
           "2001:10::1",
           "2001:20::1",
           "2001:db8::1",
           "2002:7f00:1::",
           "2002:a00:1::1",
           "3fff::1",
           "fc00::1",
           "fd00:ec2::254",
           "fe80::1",
           "febf::1",
           "fec0::1",
           "ff02::1",
           "ff0e::1",
           "5f00::1",
           "4000::1",
       }) {
    CAPTURE(text);
    const auto ip = IpAddress::parse(text);
    REQUIRE(ip);
    CHECK_FALSE(is_public_address(*ip));
  }
}

TEST_CASE("the neighbours of reserved networks are public") {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",    "223.255.255.255", "168.63.129.15",   "168.63.129.17",
        "::ffff:8.8.8.8",  "2001:200::1",   "2001:db7::1",     "2001:db9::1",     "2003::1",
        "2606:4700::1111", "3ffe::1"}) {
    CAPTURE(text);
    const auto ip = IpAddress::parse(text);
    REQUIRE(ip);
    CHECK(is_public_address(*ip));
  }
}

TEST_CASE("names of this machine and of its network are local") {
  for (const char* name : {"localhost", "LocalHost", "localhost.", "a.localhost", "db", "printer.",
                           "metadata.google.internal", "nas.local", "x.home.arpa", "x.lan", ""}) {
    CAPTURE(name);
    CHECK(is_local_name(name));
  }
  for (const char* name : {"example.org", "localhost.example.org", "local.example", "a.b.c."}) {
    CAPTURE(name);
    CHECK_FALSE(is_local_name(name));
  }
}
