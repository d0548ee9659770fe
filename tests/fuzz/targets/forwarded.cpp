// Who the client is behind proxies: nothing that a client writes into the headers changes the
// address that the nearest proxy wrote, and each address has one text.
#include "base/ip_address.h"
#include "http/app/proxies.h"
#include "target.h"

namespace authd::fuzz {
namespace {

constexpr std::string_view kClient = "203.0.113.9";

http::Policy behind_proxies(bool reads_forwarded) {
  http::Policy policy;
  policy.ingress.trusted_proxies = {*Network::parse("10.0.0.0/8"),
                                    *Network::parse("2001:db8::/32")};
  policy.ingress.proxy_headers =
      reads_forwarded ? config::ProxyHeaders::forwarded : config::ProxyHeaders::x_forwarded;
  return policy;
}

// A client's headers, one per line, with any name.
http::Head head_of(std::string_view text) {
  http::Head head;
  Dice lines(text);
  while (!lines.is_empty() && head.headers.size() < http::kMaxHeaders) {
    const std::string_view line = lines.line();
    const size_t colon = std::min(line.find(':'), line.size());
    head.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  head.host = "auth.test";
  return head;
}

void check_client(std::string_view text, bool reads_forwarded) {
  const http::Policy policy = behind_proxies(reads_forwarded);
  const IpAddress proxy = *IpAddress::parse("10.1.2.3");
  const IpAddress stranger = *IpAddress::parse("198.51.100.7");
  http::Head head = head_of(text);
  const http::ClientOrigin direct = http::find_client(head, stranger, false, policy);
  CHECK(direct.address == stranger && !direct.is_secure && direct.host == "auth.test");
  http::find_client(head, proxy, false, policy);
  // A separate header, which the proxy adds after those of the client.
  const std::string client(kClient);
  const std::string_view name = reads_forwarded ? "forwarded" : "x-forwarded-for";
  const std::string own = reads_forwarded ? "for=" + client + ";proto=https;host=a.test" : client;
  head.headers.emplace_back(name, own);
  CHECK(http::find_client(head, proxy, false, policy).address == IpAddress::parse(kClient));
  // Or the proxy appends it to the client's header.
  const std::string joined = std::string(text.substr(0, text.find('\n'))) + ", " + own;
  http::Head one;
  one.headers.emplace_back(name, joined);
  const http::ClientOrigin origin = http::find_client(one, proxy, false, policy);
  CHECK(origin.address == IpAddress::parse(kClient));
  if (reads_forwarded) CHECK(origin.is_secure && origin.host == "a.test");
}

void check_addresses(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) {
    CHECK(IpAddress::parse(address->to_string()) == address);
    CHECK(address->limit_key().limit_key() == address->limit_key());
  }
  if (const auto network = Network::parse(text)) {
    const auto again = Network::parse(network->to_string());
    CHECK(again && again->address == network->address && again->prefix == network->prefix);
    CHECK(network->contains(network->address));
  }
}

}  // namespace

void run(std::string_view input) {
  check_addresses(input);
  check_client(input, false);
  check_client(input, true);
}

}  // namespace authd::fuzz
