// The one list of engines that keep the contract of store.h. The conformance cases run against each
// of them; none can be left out.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace authd::test {

class Engine {
 public:
  virtual ~Engine() = default;
  virtual store::Store& store() = 0;
  // Closes and reopens it; everything acknowledged is still there.
  virtual void reopen() = 0;
};

struct EngineKind {
  std::string name;
  std::function<std::unique_ptr<Engine>()> make;
};

const std::vector<EngineKind>& engine_kinds();

}  // namespace authd::test

// Defines a case that runs once for each engine, on a new and empty store:
//
//   CONFORMANCE("a committed value is read back") { Store& store = engine.store(); … }
#define CONFORMANCE(title) CONFORMANCE_NUMBERED(title, __COUNTER__)
#define CONFORMANCE_NUMBERED(title, number) CONFORMANCE_NAMED(title, number)
#define CONFORMANCE_NAMED(title, number)                                      \
  static void conformance_##number(authd::test::Engine& engine);              \
  TEST_CASE(title, "[conformance]") {                                         \
    for (const authd::test::EngineKind& kind : authd::test::engine_kinds()) { \
      DYNAMIC_SECTION(kind.name) {                                            \
        conformance_##number(*kind.make());                                   \
      }                                                                       \
    }                                                                         \
  }                                                                           \
  static void conformance_##number(authd::test::Engine& engine)
