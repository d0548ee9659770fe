// Addresses of clients, and networks.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace authd {

// An IPv4 or IPv6 address. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that
// "10.0.0.1" and "::ffff:10.0.0.1" are the same client. The default value is "::": the address is
// unknown, as on a unix socket.
struct IpAddress {
  std::array<uint8_t, 16> bytes = {};

  // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; no port, no zone.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress from_v4(const std::array<uint8_t, 4>& v4);

  bool is_v4() const;
  std::string to_string() const;  // canonical (RFC 5952); IPv4 in dotted form

  // What limits count by: the whole IPv4 address, or the /64 of an IPv6 address, because one host
  // can use any address in its /64.
  IpAddress limit_key() const;

  // The first `bits` of an IPv6 address, the others 0.
  IpAddress network(int bits) const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// The host of an authority (RFC 3986 section 3.2): "example.org" of "example.org:8443", "[::1]" of
// "[::1]:80".
std::string_view without_port(std::string_view authority);

// Whether the host of a URL, or one to listen on, is the loopback of this machine: "localhost",
// 127.0.0.0/8 (RFC 1122 section 3.2.1.3) or ::1, with brackets or without. "127.example.org" is a
// name like any other.
bool is_loopback_host(std::string_view host);

// "10.0.0.0/8", "2001:db8::/32", or a bare address (a network of one).
struct Network {
  IpAddress address;
  int prefix = 128;  // bits of the 128-bit form: an IPv4 /8 is 104

  static std::optional<Network> parse(std::string_view text);  // refuses host bits that are set
  bool contains(const IpAddress& ip) const;
  std::string to_string() const;
  friend bool operator==(const Network&, const Network&) = default;
};

}  // namespace authd
