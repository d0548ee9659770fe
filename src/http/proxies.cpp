#include "http/proxies.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace authd::http {
namespace {

// A longer chain of proxies than this is an attack on the reader.
constexpr size_t kMaxHops = 32;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// The parts between separators outside of quotes, of every header of that name in order.
std::vector<std::string_view> items_of(const Head& head, std::string_view name) {
  std::vector<std::string_view> items;
  for (const auto& [key, value] : head.headers) {
    if (!equal_names(key, name)) continue;
    bool is_quoted = false;
    size_t start = 0;
    for (size_t i = 0; i <= value.size(); ++i) {
      if (i < value.size() && value[i] == '"') is_quoted = !is_quoted;
      if (i < value.size() && (value[i] != ',' || is_quoted)) continue;
      items.push_back(trim(value.substr(start, i - start)));
      start = i + 1;
    }
  }
  if (items.size() > kMaxHops) {
    items.erase(items.begin(), items.end() - static_cast<ptrdiff_t>(kMaxHops));
  }
  return items;
}

// "for=192.0.2.1;proto=https": the value of a parameter, without quotes.
std::string_view parameter(std::string_view element, std::string_view name) {
  while (!element.empty()) {
    const size_t end = std::min(element.find(';'), element.size());
    const std::string_view pair = trim(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !equal_names(trim(pair.substr(0, equals)), name))
      continue;
    std::string_view value = trim(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return "";
}

// An address with or without a port; nullopt for "unknown" and obfuscated names (RFC 7239 section
// 6).
std::optional<IpAddress> parse_node(std::string_view text) {
  if (const auto whole = IpAddress::parse(text)) return whole;
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return IpAddress::parse(text.substr(0, colon));
}

struct Hop {
  std::string_view address;
  std::string_view proto;
  std::string_view host;
};

std::vector<Hop> hops_of(const Head& head) {
  std::vector<Hop> hops;
  for (const std::string_view element : items_of(head, "forwarded")) {
    hops.push_back(
        {parameter(element, "for"), parameter(element, "proto"), parameter(element, "host")});
  }
  if (!hops.empty()) return hops;
  for (const std::string_view address : items_of(head, "x-forwarded-for")) {
    hops.push_back({address, "", ""});
  }
  // The nearest proxy's word on scheme and host is the last item of each header.
  const auto protos = items_of(head, "x-forwarded-proto");
  const auto hosts = items_of(head, "x-forwarded-host");
  if (hops.empty() && (!protos.empty() || !hosts.empty())) hops.push_back({});
  if (!hops.empty() && !protos.empty()) hops.back().proto = protos.back();
  if (!hops.empty() && !hosts.empty()) hops.back().host = hosts.back();
  return hops;
}

}  // namespace

bool is_trusted(const IpAddress& address, std::span<const Network> trusted) {
  return address == IpAddress{} ||
         std::any_of(trusted.begin(), trusted.end(),
                     [&](const Network& network) { return network.contains(address); });
}

ClientOrigin find_client(const Head& head, const IpAddress& peer, bool is_secure,
                         std::span<const Network> trusted) {
  ClientOrigin origin{peer, is_secure, head.host};
  if (!is_trusted(peer, trusted)) return origin;
  const std::vector<Hop> hops = hops_of(head);
  for (auto hop = hops.rbegin(); hop != hops.rend() && is_trusted(origin.address, trusted); ++hop) {
    // Each proxy that is believed may tell who came to it, and how.
    if (!hop->proto.empty()) origin.is_secure = equal_names(hop->proto, "https");
    if (!hop->host.empty()) origin.host = hop->host;
    const std::optional<IpAddress> address = parse_node(hop->address);
    if (!address) break;
    origin.address = *address;
  }
  return origin;
}

}  // namespace authd::http
