#include "http/app/rate_limiter.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "support/manual_clock.h"

using namespace authd;
using namespace authd::http;

namespace {

constexpr config::Rate kFivePerMinute{5, std::chrono::minutes(1)};
const char* const kClient = "192.0.2.1";

IpAddress ip(const std::string& text) {
  return IpAddress::parse(text).value();
}

// The n-th of many addresses, each in its own /64.
IpAddress nth(uint32_t n) {
  IpAddress address = ip("2001:db8::1");
  for (size_t i = 0; i < 4; ++i)
    address.bytes[4 + i] = static_cast<uint8_t>(n >> (24 - 8 * i));
  return address;
}

struct Door {
  RateLimiter limiter;
  test::ManualClock clock;
  config::Rate rate = kFivePerMinute;

  RateLimiter::Decision ask(const IpAddress& client, Limit limit = Limit::login) {
    return limiter.take(limit, rate, client, clock.steady_now());
  }
  RateLimiter::Decision ask(const std::string& client = kClient, Limit limit = Limit::login) {
    return ask(ip(client), limit);
  }
  // How many of `tries` concurrent attempts are admitted.
  int let_in(int tries, const std::string& client = kClient, Limit limit = Limit::login) {
    int count = 0;
    for (int i = 0; i < tries; ++i)
      count += ask(client, limit).is_allowed ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("the whole allowance may be used at once, and no more") {
  Door door;
  CHECK(door.let_in(20) == 5);
}

TEST_CASE("a decision tells the limit and what remains of it") {
  Door door;
  for (const uint32_t remaining : {4U, 3U, 2U, 1U, 0U}) {
    const RateLimiter::Decision decision = door.ask();
    CHECK(decision.is_allowed);
    CHECK(decision.limit == 5);
    CHECK(decision.remaining == remaining);
    CHECK(decision.retry_after_s == 0);
  }
  const RateLimiter::Decision refused = door.ask();
  CHECK_FALSE(refused.is_allowed);
  CHECK(refused.limit == 5);
  CHECK(refused.remaining == 0);
}

TEST_CASE("what remains is what is then let in, for rates that divide a window badly too") {
  for (const config::Rate rate :
       {config::Rate{7, std::chrono::minutes(1)}, config::Rate{3, Milliseconds(1000)},
        config::Rate{999'983, std::chrono::hours(1)}, config::Rate{1, std::chrono::hours(24 * 30)},
        config::Rate{1000, Milliseconds(1)}}) {
    CAPTURE(rate.count, rate.window.count());
    Door door;
    door.rate = rate;
    const uint32_t remaining = door.ask().remaining;
    CHECK(remaining == rate.count - 1);
    if (rate.count < 10'000) CHECK(door.let_in(2000) == static_cast<int>(remaining));
  }
}

TEST_CASE("the allowance comes back bit by bit, not all at the end of a window") {
  Door door;
  door.let_in(5);
  door.clock.advance(Milliseconds(11'999));
  CHECK(door.let_in(3) == 0);
  door.clock.advance(Milliseconds(1));
  CHECK(door.let_in(3) == 1);
  door.clock.advance(Seconds(24));
  CHECK(door.let_in(5) == 2);
  door.clock.advance(std::chrono::hours(24));
  CHECK(door.let_in(20) == 5);  // Never more than the whole of it.
}

TEST_CASE("who waits as long as a refusal says is let in, who waits a second less is not") {
  for (const int64_t used_before : {0, 1, 500, 7001, 11'500}) {
    CAPTURE(used_before);
    Door door;
    door.let_in(5);
    door.clock.advance(Milliseconds(used_before));
    const RateLimiter::Decision refused = door.ask();
    REQUIRE_FALSE(refused.is_allowed);
    REQUIRE(refused.retry_after_s >= 1);
    CHECK(refused.retry_after_s <= 12);
    door.clock.advance(Seconds(refused.retry_after_s - 1));
    if (refused.retry_after_s > 1) CHECK(door.let_in(1) == 0);
    door.clock.advance(Seconds(1));
    CHECK(door.let_in(1) == 1);
  }
}

TEST_CASE("when the allowance is whole again is told") {
  Door door;
  CHECK(door.ask().reset_s == 12);
  CHECK(door.ask().reset_s == 24);
  door.let_in(3);
  const RateLimiter::Decision refused = door.ask();
  CHECK(refused.reset_s == 60);
  door.clock.advance(Seconds(refused.reset_s));
  CHECK(door.let_in(20) == 5);
}

TEST_CASE("knocking on while refused costs nothing") {
  Door door;
  door.let_in(5);
  for (int i = 0; i < 119; ++i) {
    door.clock.advance(Milliseconds(100));
    CHECK(door.let_in(10) == 0);
  }
  door.clock.advance(Milliseconds(100));
  CHECK(door.let_in(10) == 1);
}

TEST_CASE("however the requests are spread, no stretch of time lets in more than it may") {
  Door door;
  uint32_t noise = 1;
  int let_in = 0;
  Milliseconds passed{0};
  for (int i = 0; i < 5000; ++i) {
    noise = noise * 1'664'525 + 1'013'904'223;
    const Milliseconds step(noise >> 21);
    door.clock.advance(step);
    passed += step;
    let_in += door.ask().is_allowed ? 1 : 0;
    REQUIRE(let_in <= 5 + passed / Seconds(12));
  }
  CHECK(let_in >= passed / Seconds(13));  // And what is due is given.
}

TEST_CASE("clients are counted apart, and so are the classes of one client") {
  Door door;
  CHECK(door.let_in(10) == 5);
  CHECK(door.let_in(10, "192.0.2.2") == 5);
  CHECK(door.let_in(10, kClient, Limit::signup) == 5);
  CHECK(door.let_in(10, kClient, Limit::refresh) == 5);
  CHECK(door.let_in(10) == 0);
}

TEST_CASE("an IPv6 client is its /64, an IPv4 client its address in either form") {
  Door door;
  CHECK(door.let_in(10, "2001:db8:0:1::1") == 5);
  CHECK(door.let_in(10, "2001:db8:0:1:ffff:ffff:ffff:ffff") == 0);
  CHECK(door.let_in(10, "2001:db8:0:2::1") == 5);
  CHECK(door.let_in(10, "192.0.2.1") == 5);
  CHECK(door.let_in(10, "::ffff:192.0.2.1") == 0);
  CHECK(door.let_in(10, "192.0.2.255") == 5);
}

TEST_CASE("a rate that was changed holds at once") {
  Door door;
  door.let_in(5);
  door.rate = {1, std::chrono::seconds(10)};
  const RateLimiter::Decision stricter = door.ask();
  CHECK_FALSE(stricter.is_allowed);
  CHECK(stricter.limit == 1);
  door.clock.advance(Seconds(stricter.retry_after_s));
  CHECK(door.let_in(5) == 1);
  door.rate = {100, std::chrono::minutes(1)};
  CHECK(door.let_in(200) > 50);
}

TEST_CASE("more clients than are remembered make it forget, not grow") {
  Door door;
  door.rate = {1, std::chrono::hours(1)};
  constexpr uint32_t kClients = 3 * RateLimiter::kMaxClients;
  for (uint32_t i = 0; i < kClients; ++i)
    REQUIRE(door.ask(nth(i)).is_allowed);
  size_t remembered = 0;
  for (uint32_t i = 0; i < kClients; ++i)
    remembered += door.ask(nth(i)).is_allowed ? 0 : 1;
  CHECK(remembered <= RateLimiter::kMaxClients);
  CHECK(remembered > RateLimiter::kMaxClients / 4);
}

TEST_CASE("addresses with their whole allowance are forgotten before others") {
  constexpr uint32_t kLimited = 1000;
  Door door;
  door.rate = {1, std::chrono::minutes(1)};
  uint32_t next = 0;
  const auto come = [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
      door.ask(nth(next++));
  };
  come(RateLimiter::kMaxClients);
  door.clock.advance(std::chrono::minutes(2));
  const uint32_t first = next;
  come(kLimited);
  come(RateLimiter::kMaxClients / 2);
  uint32_t refused = 0;
  for (uint32_t i = 0; i < kLimited; ++i)
    refused += door.ask(nth(first + i)).is_allowed ? 0 : 1;
  CHECK(refused == kLimited);
}

TEST_CASE("threads together are let in as often as one would be") {
  Door door;
  door.rate = {1000, std::chrono::hours(1)};
  std::atomic<int> let_in{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] { let_in += door.let_in(1000); });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(let_in == 1000);
}
