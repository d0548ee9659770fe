#include "crypto/certificate.h"

#include <catch2/catch.hpp>

using namespace authd;

namespace {

// openssl req -x509 -days 36500 -addext "subjectAltName=DNS:auth.example.org,
// DNS:*.apps.example.org,IP:192.0.2.1,IP:2001:db8::1"
constexpr const char* kPem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB2DCCAX6gAwIBAgIUWuDz+/HrsOpNUDw6N4iOKbcMigUwCgYIKoZIzj0EAwIw\n"
    "GzEZMBcGA1UEAwwQYXV0aC5leGFtcGxlLm9yZzAgFw0yNjExMjExNTE1MjZaGA8y\n"
    "MTI2MTAyODE1MTUyNlowGzEZMBcGA1UEAwwQYXV0aC5leGFtcGxlLm9yZzBZMBMG\n"
    "ByqGSM49AgEGCCqGSM49AwEHA0IABGY0wPcks5E382/FNN/bjzP/e0vJdHJdsbhf\n"
    "mBt9JmCw7SfHpkJ6yuUirENTO4C5JmasDajiIStSjM5p3Pn6COGjgZ0wgZowHQYD\n"
    "VR0OBBYEFE9xYUzgE96D181EF7i3YFEY0TqAMB8GA1UdIwQYMBaAFE9xYUzgE96D\n"
    "181EF7i3YFEY0TqAMA8GA1UdEwEB/wQFMAMBAf8wRwYDVR0RBEAwPoIQYXV0aC5l\n"
    "eGFtcGxlLm9yZ4ISKi5hcHBzLmV4YW1wbGUub3JnhwTAAAIBhxAgAQ24AAAAAAAA\n"
    "AAAAAAABMAoGCCqGSM49BAMCA0gAMEUCIDEDnpOQvuJ7Tk+TWrmaqic6HAk5JULG\n"
    "x7AXh/ZKqYfyAiEA8+S4iBftqHAqLujqJzFz3OMHxcdsUiupmHFO+nsIE2Q=\n"
    "-----END CERTIFICATE-----\n";

bool covers(const char* host) {
  const auto read = crypto::read_certificate(kPem, host);
  REQUIRE(read);
  return read->covers;
}

}  // namespace

TEST_CASE("a certificate says when it is valid, and for whom") {
  const auto read = crypto::read_certificate(kPem, "auth.example.org");
  REQUIRE(read);
  CHECK(format_rfc3339(read->begins_at) == "2026-11-21T15:15:26Z");
  CHECK(format_rfc3339(read->ends_at) == "2126-10-28T15:15:26Z");
  CHECK(read->names.starts_with("DNS:auth.example.org, DNS:*.apps.example.org, IP Address:"));
}

TEST_CASE("a certificate is valid for its names and addresses, and for no others") {
  for (const char* host : {"auth.example.org", "AUTH.example.org", "a.apps.example.org",
                           "192.0.2.1", "2001:db8::1", "[2001:db8::1]"}) {
    CAPTURE(host);
    CHECK(covers(host));
  }
  for (const char* host : {"", "example.org", "a.auth.example.org", "a.b.apps.example.org",
                           "192.0.2.2", "[2001:db8::2]", "[]"}) {
    CAPTURE(host);
    CHECK_FALSE(covers(host));
  }
}

TEST_CASE("text that is not a certificate is refused") {
  for (const std::string_view text : {std::string_view(), std::string_view("-----BEGIN"),
                                      std::string_view(kPem).substr(0, 200)}) {
    CHECK_FALSE(crypto::read_certificate(text, "auth.example.org"));
  }
}
