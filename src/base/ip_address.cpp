#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace authd {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

// The address with all bits after the first `bits` set to zero.
IpAddress cut(IpAddress ip, int bits) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - i * 8, 0, 8);
    ip.bytes[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return ip;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // Would end the C string.
  const std::string copy(text);
  std::array<uint8_t, 4> v4;
  if (inet_pton(AF_INET, copy.c_str(), v4.data()) == 1) return from_v4(v4);
  IpAddress ip;
  if (inet_pton(AF_INET6, copy.c_str(), ip.bytes.data()) == 1) return ip;
  return std::nullopt;
}

IpAddress IpAddress::from_v4(const std::array<uint8_t, 4>& v4) {
  IpAddress ip;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), ip.bytes.begin());
  std::copy(v4.begin(), v4.end(), ip.bytes.begin() + kMappedPrefix.size());
  return ip;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? kMappedPrefix.size() : 0), text,
            sizeof text);
  return text;
}

IpAddress IpAddress::limit_key() const {
  return is_v4() ? *this : cut(*this, 64);
}

IpAddress IpAddress::network(int bits) const {
  return cut(*this, bits);
}

std::string_view without_port(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  return has_port ? authority.substr(0, colon) : authority;
}

bool is_loopback_host(std::string_view host) {
  static const Network v4 = *Network::parse("127.0.0.0/8");
  static const Network v6 = *Network::parse("::1");
  if (lower(host) == "localhost") return true;
  const std::optional<IpAddress> ip = IpAddress::parse(host);
  return ip && (v4.contains(*ip) || v6.contains(*ip));
}

std::optional<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> ip = IpAddress::parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  Network network{*ip, 128};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    // "::ffff:10.0.0.0/104" is written as IPv6 and counts the bits of IPv6.
    const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const auto bits = parse_unsigned<unsigned>(digits);
    if (!bits || *bits > (is_v4 ? 32 : 128)) return std::nullopt;
    network.prefix = static_cast<int>(*bits) + (is_v4 ? kMappedBits : 0);
  }
  if (cut(network.address, network.prefix) != network.address) return std::nullopt;
  return network;
}

bool Network::contains(const IpAddress& ip) const {
  return cut(ip, prefix) == address;
}

std::string Network::to_string() const {
  const bool v4 = address.is_v4() && prefix >= kMappedBits;
  return address.to_string() + "/" + std::to_string(v4 ? prefix - kMappedBits : prefix);
}

}  // namespace authd
