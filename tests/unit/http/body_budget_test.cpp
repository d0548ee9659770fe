#include "http/body_budget.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;

namespace {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

}  // namespace

TEST_CASE("a client gets half of the memory for large bodies, all together the whole") {
  BodyBudget budget(100);
  BodyBudget::Share first = budget.take(address("10.0.0.1"), 50);
  CHECK(first);
  CHECK_FALSE(budget.take(address("10.0.0.1"), 1));
  BodyBudget::Share second = budget.take(address("2001:db8::1"), 40);
  CHECK(second);
  CHECK_FALSE(budget.take(address("2001:db8::2"), 20));  // of the same /64
  CHECK_FALSE(budget.take(address("10.0.0.2"), 11));
  CHECK(budget.take(address("10.0.0.2"), 10));
  CHECK(budget.take(address("10.0.0.2"), 10));  // The one before was given back at once.
  first = BodyBudget::Share();
  CHECK(budget.take(address("10.0.0.1"), 50));
  CHECK_FALSE(budget.take(address("10.0.0.3"), 51));
  CHECK_FALSE(budget.take(address("10.0.0.3"), SIZE_MAX));
}

TEST_CASE("a share is given back once") {
  BodyBudget budget(100);
  BodyBudget::Share first = budget.take(address("10.0.0.1"), 50);
  BodyBudget::Share moved = std::move(first);
  CHECK(moved);
  CHECK_FALSE(budget.take(address("10.0.0.1"), 1));
  moved = BodyBudget::Share();
  moved = BodyBudget::Share();
  CHECK(budget.take(address("10.0.0.1"), 50));
  CHECK_FALSE(budget.take(address("10.0.0.1"), 51));
}
