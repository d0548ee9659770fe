#include "http/front/memory_budget.h"

#include <catch2/catch.hpp>

using namespace authd;
using namespace authd::http;

namespace {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

}  // namespace

TEST_CASE("a client gets half of the budget, all together the whole") {
  MemoryBudget budget(100);
  MemoryBudget::Share first = budget.take(address("10.0.0.1"), 50);
  CHECK(first);
  CHECK_FALSE(budget.take(address("10.0.0.1"), 1));
  MemoryBudget::Share second = budget.take(address("2001:db8::1"), 40);
  CHECK(second);
  CHECK_FALSE(budget.take(address("2001:db8::2"), 20));  // of the same /64
  CHECK_FALSE(budget.take(address("10.0.0.2"), 11));
  CHECK(budget.take(address("10.0.0.2"), 10));
  CHECK(budget.take(address("10.0.0.2"), 10));  // The previous one was returned at once.
  first = MemoryBudget::Share();
  CHECK(budget.take(address("10.0.0.1"), 50));
  CHECK_FALSE(budget.take(address("10.0.0.3"), 51));
  CHECK_FALSE(budget.take(address("10.0.0.3"), SIZE_MAX));
}

TEST_CASE("a share is given back once") {
  MemoryBudget budget(100);
  MemoryBudget::Share first = budget.take(address("10.0.0.1"), 50);
  MemoryBudget::Share moved = std::move(first);
  CHECK(moved);
  CHECK_FALSE(budget.take(address("10.0.0.1"), 1));
  moved = MemoryBudget::Share();
  moved = MemoryBudget::Share();
  CHECK(budget.take(address("10.0.0.1"), 50));
  CHECK_FALSE(budget.take(address("10.0.0.1"), 51));
}

TEST_CASE("a share grows and shrinks within what is left") {
  using Holder = MemoryBudget::Holder;
  MemoryBudget budget(100);
  const IpAddress client = address("10.0.0.1");
  MemoryBudget::Share share;
  CHECK(budget.resize(share, client, Holder::client, 30));
  CHECK(budget.resize(share, client, Holder::client, 50));
  CHECK_FALSE(budget.resize(share, client, Holder::client, 51));
  CHECK(share);
  CHECK_FALSE(budget.take(client, 1));  // The refusal did not change the share.
  CHECK(budget.resize(share, client, Holder::client, 20));
  CHECK(budget.take(client, 30));
  CHECK_FALSE(budget.take(client, 31));
  CHECK(budget.resize(share, client, Holder::client, 0));
  CHECK_FALSE(share);
  CHECK(budget.take(client, 50));
}

TEST_CASE("a proxy may have all of the budget, and leaves others what it does not use") {
  using Holder = MemoryBudget::Holder;
  MemoryBudget budget(100);
  MemoryBudget::Share proxy;
  CHECK(budget.resize(proxy, address("10.0.0.1"), Holder::many, 90));
  CHECK_FALSE(budget.take(address("10.0.0.2"), 11));
  CHECK(budget.take(address("10.0.0.2"), 10));
  CHECK(budget.resize(proxy, address("10.0.0.1"), Holder::many, 100));
  CHECK_FALSE(budget.resize(proxy, address("10.0.0.1"), Holder::many, 101));
}

TEST_CASE("a client gets a fixed share") {
  MemoryBudget budget(80, 8);
  const MemoryBudget::Share first = budget.take(address("10.0.0.1"), 10);
  CHECK(first);
  CHECK_FALSE(budget.take(address("10.0.0.1"), 1));
  CHECK(budget.take(address("10.0.0.2"), 10));
  CHECK_FALSE(budget.take(address("10.0.0.2"), 11));
}
