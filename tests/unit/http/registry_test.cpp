#include "http/registry.h"

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
  explicit Idle(size_t count) : registry(count, 0) {
    for (size_t i = 0; i < count; ++i) {
      auto connection =
          std::make_unique<Connection>(UniqueFd(), IpAddress{}, Role::plain, false, TlsContext());
      connection->enter(Phase::idle, now - Milliseconds(10), Milliseconds(5));
      all.push_back(registry.insert(std::move(connection), false));
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
