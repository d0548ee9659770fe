#include "config/limits.h"

#include <catch2/catch.hpp>

#include "config/config.h"
#include "config/reading/keys.h"

using namespace authd;
using namespace authd::config;

TEST_CASE("a class is held to its own rate or to that of another class, and may be free") {
  RateLimits limits = defaults().rate_limit;
  limits[Limit::login] = {7, std::chrono::minutes(2)};
  CHECK(*limits.rate_of(Limit::login) == Rate{7, std::chrono::minutes(2)});
  CHECK(limits.rate_of(Limit::files) == limits.rate_of(Limit::standard));
  CHECK(limits.rate_of(Limit::none) == nullptr);
  limits.enabled = false;
  CHECK(limits.rate_of(Limit::login) == nullptr);
}

TEST_CASE(
    "every class with a default has its key, and whoever borrows a rate borrows one of these") {
  for (const LimitClass& one : kLimitClasses) {
    CAPTURE(one.name);
    const Key* key = find_key("rate_limit." + std::string(one.name));
    CHECK((key != nullptr) == !one.default_rate.empty());
    if (key != nullptr) CHECK(key->default_text == one.default_rate);
    if (one.rate_of == Limit::none) continue;
    CHECK_FALSE(limit_class(one.rate_of).default_rate.empty());
  }
}
