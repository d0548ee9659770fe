#include "base/result.h"

#include <catch2/catch.hpp>
#include <memory>
#include <set>

using namespace authd;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::invalid, "odd", "number"};
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = TRY(half(number));
  const int second = TRY(half(first));
  return second;
}

Result<void> check_half(int number, int& steps) {
  TRY(half(number));
  ++steps;
  return {};
}

}  // namespace

TEST_CASE("TRY returns the value of a success") {
  CHECK(quarter(12).value() == 3);
  int steps = 0;
  CHECK(check_half(2, steps));
  CHECK(steps == 1);
}

TEST_CASE("TRY passes the whole error up and runs nothing after it") {
  const Result<int> refused = quarter(6);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().message == "odd");
  CHECK(refused.error().field == "number");
  int steps = 0;
  CHECK_FALSE(check_half(3, steps));
  CHECK(steps == 0);
}

namespace {

// An ordinary function: g++ 12 evaluates a lambda here at compile time, and with
// _GLIBCXX_ASSERTIONS takes what TRY moved out for null.
Result<std::unique_ptr<int>> make_seven() {
  return std::make_unique<int>(7);
}

}  // namespace

TEST_CASE("TRY moves a value that cannot be copied") {
  const auto use = []() -> Result<int> {
    const std::unique_ptr<int> owned = TRY(make_seven());
    return *owned;
  };
  CHECK(use().value() == 7);
}

TEST_CASE("every error code has its own snake_case name") {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::usage); ++code) {
    const std::string_view name = default_name(static_cast<ErrorCode>(code));
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    names.insert(name);
  }
  CHECK(names.size() == static_cast<size_t>(ErrorCode::usage) + 1);
}
