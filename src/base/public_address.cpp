#include "base/public_address.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace authd {
namespace {

using Networks = std::vector<Network>;

template <size_t Count>
Networks networks(const std::array<std::string_view, Count>& texts) {
  Networks all;
  for (const std::string_view text : texts)
    all.push_back(*Network::parse(text));
  return all;
}

bool is_in(const Networks& all, const IpAddress& ip) {
  return std::any_of(all.begin(), all.end(), [&](const Network& one) { return one.contains(ip); });
}

// What is reserved of IPv4.
const Networks& reserved_v4() {
  static const Networks all = networks(std::to_array<std::string_view>({
      "0.0.0.0/8",        // this network (RFC 791)
      "10.0.0.0/8",       // private (RFC 1918)
      "100.64.0.0/10",    // shared by carriers (RFC 6598); a cloud has its metadata there
      "127.0.0.0/8",      // loopback
      "169.254.0.0/16",   // link-local (RFC 3927); most clouds have their metadata there
      "172.16.0.0/12",    // private
      "192.0.0.0/24",     // IETF protocol assignments (RFC 6890)
      "192.0.2.0/24",     // documentation (RFC 5737)
      "192.88.99.0/24",   // relays of 6to4 (RFC 7526)
      "192.168.0.0/16",   // private
      "198.18.0.0/15",    // benchmarking (RFC 2544)
      "198.51.100.0/24",  // documentation
      "203.0.113.0/24",   // documentation
      "224.0.0.0/4",      // multicast
      "240.0.0.0/4",      // reserved (RFC 1112), broadcast
      "168.63.129.16",    // a public number, but the virtual host of every machine in Azure
  }));
  return all;
}

// What is reserved within 2000::/3, the only part of IPv6 that is handed out (RFC 4291).
const Networks& reserved_v6() {
  static const Networks all = networks(std::to_array<std::string_view>({
      "2001::/23",      // IETF protocol assignments: Teredo, benchmarking, ORCHID
      "2001:db8::/32",  // documentation (RFC 3849)
      "2002::/16",      // 6to4: an IPv4 address is inside
      "3fff::/20",      // documentation (RFC 9637)
  }));
  return all;
}

}  // namespace

bool is_public_address(const IpAddress& ip) {
  static const Network global = *Network::parse("2000::/3");
  if (ip.is_v4()) return !is_in(reserved_v4(), ip);
  return global.contains(ip) && !is_in(reserved_v6(), ip);
}

bool is_local_name(std::string_view host) {
  constexpr std::array<std::string_view, 8> kLocal = {
      ".localhost", ".local", ".internal", ".home.arpa", ".intranet", ".lan", ".corp", ".home"};
  std::string name = lower(host);
  while (name.ends_with('.'))
    name.pop_back();
  if (name.find('.') == std::string::npos) return true;
  return std::any_of(kLocal.begin(), kLocal.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace authd
