#include "http/front/registry.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;

namespace {

constexpr size_t kMany = 3000;

// Connections that have been idle for too long at `now`. They have no sockets: what is done to them
// is seen by their flag.
struct Idle {
  explicit Idle(size_t count) : registry({count, 0}) {
    for (size_t i = 0; i < count; ++i) {
      auto connection =
          std::make_unique<Connection>(UniqueFd(), IpAddress{}, Role::plain, false, TlsContext());
      connection->enter(Phase::idle, now - Milliseconds(10), Milliseconds(5));
      all.push_back(registry.insert(std::move(connection)));
    }
  }
  size_t shut_down() const {
    return static_cast<size_t>(std::count_if(
        all.begin(), all.end(), [](const Connection* c) { return c->timed_out.load(); }));
  }

  const SteadyTime now{std::chrono::hours(1)};
  Registry registry;
  std::vector<Connection*> all;
};

}  // namespace

TEST_CASE("of few connections every one that is late is shut down at once") {
  Idle idle(1000);
  idle.registry.shut_down_late(idle.now - Milliseconds(6), false, false);
  CHECK(idle.shut_down() == 0);
  idle.registry.shut_down_late(idle.now, false, false);
  CHECK(idle.shut_down() == idle.all.size());
}

TEST_CASE("of many connections a part is looked at, and all of them in eight turns") {
  Idle idle(kMany);
  idle.registry.shut_down_late(idle.now, false, false);
  CHECK(idle.shut_down() < kMany / 2);
  for (int turn = 1; turn < 8; ++turn)
    idle.registry.shut_down_late(idle.now, false, false);
  CHECK(idle.shut_down() == kMany);
}

TEST_CASE("at the end all of many connections are shut down at once") {
  Idle idle(kMany);
  SECTION("idle ones") {
    idle.registry.shut_down_late(idle.now - Milliseconds(6), true, false);
  }
  SECTION("every one") {
    idle.registry.shut_down_late(idle.now - Milliseconds(6), false, true);
  }
  CHECK(idle.shut_down() == kMany);
}

namespace {

IpAddress address(int number) {
  return IpAddress::from_v4({10, 0, 0, static_cast<uint8_t>(number)});
}

Connection* open(Registry& registry, const IpAddress& peer, bool is_exempt = false,
                 Phase phase = Phase::idle) {
  auto connection =
      std::make_unique<Connection>(UniqueFd(), peer, Role::plain, false, TlsContext());
  connection->is_exempt = is_exempt;
  connection->enter(phase, SteadyTime{}, Milliseconds(0));
  return registry.insert(std::move(connection));
}

}  // namespace

TEST_CASE("strangers leave an eighth of all connections to those that are exempt") {
  Registry registry({80, 0});
  registry.reserve_for_exempt(true);
  for (int i = 0; i < 70; ++i)
    REQUIRE(open(registry, address(1)) != nullptr);
  CHECK(open(registry, address(2)) == nullptr);
  for (int i = 0; i < 10; ++i)
    CHECK(open(registry, address(3), true) != nullptr);
  CHECK(open(registry, address(3), true) == nullptr);
}

TEST_CASE("what exempt connections use of their part is not kept twice") {
  Registry registry({80, 0});
  registry.reserve_for_exempt(true);
  Connection* const proxy = open(registry, address(3), true);
  for (int i = 1; i < 10; ++i)
    REQUIRE(open(registry, address(3), true) != nullptr);
  for (int i = 0; i < 70; ++i)
    REQUIRE(open(registry, address(1)) != nullptr);
  CHECK(registry.size() == 80);
  registry.remove(proxy);
  CHECK(open(registry, address(1)) == nullptr);
  CHECK(open(registry, address(3), true) != nullptr);
}

TEST_CASE("where nobody is exempt nothing is kept") {
  Registry registry({80, 0});
  registry.reserve_for_exempt(false);
  for (int i = 0; i < 80; ++i)
    REQUIRE(open(registry, address(1)) != nullptr);
  CHECK(open(registry, address(1)) == nullptr);
}

TEST_CASE("one handshake too many ends the oldest") {
  Registry registry({1000, 0, 16});
  std::vector<Connection*> all;
  for (int i = 0; i < 16; ++i)
    all.push_back(open(registry, address(i), false, Phase::handshake));
  CHECK(registry.handshakes_cut() == 0);
  REQUIRE(open(registry, address(20), false, Phase::handshake) != nullptr);
  CHECK(all[0]->timed_out.load());
  CHECK_FALSE(all[1]->timed_out.load());
  // One that has succeeded, or has ended, is no longer among them.
  registry.end_handshake(all[1]);
  registry.remove(all[2]);
  registry.remove(all[0]);
  REQUIRE(open(registry, address(21), false, Phase::handshake) != nullptr);
  REQUIRE(open(registry, address(22), false, Phase::handshake) != nullptr);
  CHECK_FALSE(all[3]->timed_out.load());
  REQUIRE(open(registry, address(23), false, Phase::handshake) != nullptr);
  CHECK(all[3]->timed_out.load());
  CHECK_FALSE(all[1]->timed_out.load());
  CHECK(registry.handshakes_cut() == 2);
}

TEST_CASE("an address with its eighth of the handshakes ends its own, a proxy has no such part") {
  Registry registry({1000, 0, 16});
  Connection* const other = open(registry, address(1), false, Phase::handshake);
  Connection* const first = open(registry, address(2), false, Phase::handshake);
  Connection* const second = open(registry, address(2), false, Phase::handshake);
  REQUIRE(open(registry, address(2), false, Phase::handshake) != nullptr);
  CHECK(first->timed_out.load());
  CHECK_FALSE(second->timed_out.load());
  CHECK_FALSE(other->timed_out.load());
  for (int i = 0; i < 5; ++i)
    REQUIRE(open(registry, address(3), true, Phase::handshake) != nullptr);
  CHECK(registry.handshakes_cut() == 1);
}

TEST_CASE("the handshake of a proxy makes no room for strangers") {
  Registry registry({1000, 0, 4});
  Connection* const proxy = open(registry, address(1), true, Phase::handshake);
  std::vector<Connection*> strangers;
  for (int i = 2; i < 6; ++i)
    strangers.push_back(open(registry, address(i), false, Phase::handshake));
  CHECK_FALSE(proxy->timed_out.load());
  CHECK(strangers[0]->timed_out.load());
  CHECK_FALSE(strangers[1]->timed_out.load());
}

TEST_CASE("those who begin many handshakes make room, and not those who have one") {
  Registry registry({2000, 0, 64});
  Connection* const honest = open(registry, address(1), false, Phase::handshake);
  for (int round = 0; round < 100; ++round) {
    for (int i = 2; i < 14; ++i)
      REQUIRE(open(registry, address(i), false, Phase::handshake) != nullptr);
  }
  CHECK_FALSE(honest->timed_out.load());
  CHECK(registry.handshakes_cut() == 1201 - 64);
}

TEST_CASE("when the server stops, whoever sends and takes nothing is not waited for") {
  Registry registry({100, 0});
  const SteadyTime start{std::chrono::hours(1)};
  const auto at = [&](int milliseconds) {
    registry.shut_down_late(start + Milliseconds(milliseconds), true, false);
  };
  for (const Phase phase : {Phase::handshake, Phase::head, Phase::body, Phase::writing}) {
    Connection* silent = open(registry, address(1), false, phase);
    Connection* slow = open(registry, address(2), false, phase);
    Connection* busy = open(registry, address(3), false, Phase::working);
    // Before, time does not count.
    registry.shut_down_late(start - Milliseconds(5000), false, false);
    at(0);
    silent->moved += 511;
    slow->moved += 512;
    at(1900);
    CHECK_FALSE(silent->timed_out);
    at(2000);
    CHECK(silent->timed_out);
    CHECK_FALSE(slow->timed_out);
    at(3900);
    CHECK(slow->timed_out);
    CHECK_FALSE(busy->timed_out);
    for (Connection* one : {silent, slow, busy})
      registry.remove(one);
  }
}
