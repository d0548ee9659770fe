#include "http/front/listener.h"

#include <catch2/catch.hpp>

#include "config/reading/values.h"

namespace authd::http {
namespace {

Result<std::vector<Listener>> opened(std::string_view text) {
  return open_listeners(config::parse_listen(text).value(), Role::plain);
}

// A host without IPv6 has one loopback.
bool has_v6() {
  return opened("[::1]:0").has_value();
}

std::string port_of(const Listener& listener) {
  return listener.address.substr(listener.address.rfind(':'));
}

TEST_CASE("localhost is both loopbacks, with one port") {
  const auto listeners = opened("localhost:0").value();
  REQUIRE(listeners.size() == (has_v6() ? 2 : 1));
  CHECK(listeners[0].address.starts_with("127.0.0.1:"));
  if (listeners.size() == 1) return;
  CHECK(listeners[1].address.starts_with("[::1]:"));
  CHECK(port_of(listeners[0]) == port_of(listeners[1]));
}

TEST_CASE("a program on one of the two loopbacks is an error that names it") {
  const auto other = opened("127.0.0.1:0").value();
  const auto refused = opened("localhost" + port_of(other[0]));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("127.0.0.1" + port_of(other[0])) != std::string::npos);
  if (!has_v6()) return;
  // Another program may have the same port of 127.0.0.1, and is named first then.
  bool is_named = false;
  for (int tries_left = 16; tries_left > 0 && !is_named; --tries_left) {
    const auto v6 = opened("[::1]:0").value();
    const auto half = opened("localhost" + port_of(v6[0]));
    REQUIRE_FALSE(half);
    is_named = half.error().message.find("[::1]" + port_of(v6[0])) != std::string::npos;
  }
  CHECK(is_named);
}

}  // namespace
}  // namespace authd::http
