#include "base/function_ref.h"

#include <catch2/catch.hpp>
#include <memory>

using namespace authd;

namespace {

int call(FunctionRef<int(int)> function) {
  return function(20);
}

struct Counter {
  int calls = 0;
  int operator()(int by) { return calls += by; }
};

}  // namespace

TEST_CASE("a lambda with captures is called with its arguments") {
  int seen = 0;
  CHECK(call([&](int number) {
          seen = number;
          return number + 1;
        }) == 21);
  CHECK(seen == 20);
}

TEST_CASE("the object itself is called, not a copy of it") {
  Counter counter;
  call(counter);
  call(counter);
  CHECK(counter.calls == 40);
}

TEST_CASE("a const callable is called as const") {
  const auto twice = [](int number) { return number * 2; };
  CHECK(call(twice) == 40);
}

TEST_CASE("arguments that cannot be copied are moved through") {
  const auto take = [](FunctionRef<int(std::unique_ptr<int>)> function) {
    return function(std::make_unique<int>(5));
  };
  CHECK(take([](std::unique_ptr<int> owned) { return *owned; }) == 5);
}

TEST_CASE("a callable with another signature is not a FunctionRef") {
  STATIC_REQUIRE(std::is_constructible_v<FunctionRef<int(int)>, Counter&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<FunctionRef<int()>, Counter&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<FunctionRef<int(std::unique_ptr<int>)>, Counter&>);
}
