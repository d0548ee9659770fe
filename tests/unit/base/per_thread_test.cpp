#include "base/per_thread.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <new>
#include <thread>

using namespace authd;

namespace {

std::atomic<int> alive = 0;
std::atomic<bool> is_refused = false;

struct Counted {
  Counted() {
    if (is_refused) throw std::bad_alloc();
    alive += 1;
  }
  ~Counted() { alive -= 1; }
  int value = 0;
};

}  // namespace

TEST_CASE("each thread has its own object, which ends with the thread") {
  static PerThread<Counted> objects;
  objects.get().value = 1;
  const int before = alive;
  int of_other = -1;
  int made = 0;
  std::thread([&] {
    of_other = objects.get().value++;
    of_other += objects.get().value;
    made = alive - before;
  }).join();
  REQUIRE(of_other == 1);
  REQUIRE(made == 1);
  REQUIRE(alive == before);
  REQUIRE(objects.get().value == 1);
}

TEST_CASE("an object that could not be created is created on the next call") {
  static PerThread<Counted> objects;
  is_refused = true;
  REQUIRE_THROWS_AS(objects.get(), std::bad_alloc);
  is_refused = false;
  objects.get().value = 7;
  REQUIRE(objects.get().value == 7);
}
