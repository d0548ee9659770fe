#include "auth/passwords/leak_lookup.h"

#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "base/text.h"
#include "support/instance.h"

namespace authd::auth {
namespace {

// SHA-1 of "password": 5BAA6 1E4C9B93F3F0682250B6CF8331B7EE68FD8
constexpr std::string_view kRest = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
const std::string kOther = "0018A45C4D1DEF81644B54AB7F969B88D65";

std::string entry(std::string_view rest, int number) {
  return std::string(rest) + ":" + std::to_string(number) + "\r\n";
}

TEST_CASE("A hash is asked for in upper case, and in the form that is hashed") {
  REQUIRE(sha1_of(Password("password")).reveal() == "5BAA6" + std::string(kRest));
  REQUIRE(sha1_of(Password("\uff50assword")).reveal() == "5BAA6" + std::string(kRest));
}

TEST_CASE("A reply names the rest of the hash, or does not") {
  REQUIRE(is_in_range(entry(kOther, 3) + entry(kRest, 1), kRest) == true);
  REQUIRE(is_in_range(lower(entry(kRest, 9545824)), kRest) == true);
  REQUIRE(is_in_range(std::string(kRest) + ":7", kRest) == true);
  REQUIRE(is_in_range(entry(kOther, 3), kRest) == false);
  REQUIRE(is_in_range("", kRest) == false);
}

TEST_CASE("An entry that was seen 0 times is padding") {
  REQUIRE(is_in_range(entry(kRest, 0) + entry(kOther, 5), kRest) == false);
  REQUIRE(is_in_range(std::string(kRest) + ":000", kRest) == false);
}

TEST_CASE("What is no list of hashes is no answer") {
  for (const std::string& reply :
       {std::string("<html>"), std::string(kRest), std::string(kRest) + ":",
        std::string(kRest) + ":1x", "X" + std::string(kRest.substr(1)) + ":1",
        entry(kRest, 1) + "and more", std::string(kRest.substr(1)) + ":1"}) {
    CAPTURE(reply);
    REQUIRE_FALSE(is_in_range(reply, kRest));
  }
}

TEST_CASE("Five digits leave, with a request for padding, and nothing else of the password") {
  test::Instance t;
  fetch::Request asked;
  t.remote.answer = [&](const fetch::Request& request) -> Result<fetch::Reply> {
    asked = request;
    return fetch::Reply{.status = 200, .body = entry(kRest, 4)};
  };
  REQUIRE(t.known.leaks().look(sha1_of(Password("password"))) == Leak::found);
  REQUIRE(asked.url == "https://api.pwnedpasswords.com/range/5BAA6");
  REQUIRE(asked.headers == std::vector<std::string>{"Add-Padding: true"});
  REQUIRE(asked.form.empty());
  REQUIRE(asked.timeout == kLeakTimeout);
  REQUIRE(t.counters.leaks_found == 1);
}

TEST_CASE("Without a usable answer the password is not known, and that is counted") {
  test::Instance t;
  const PasswordSha1 sha1 = sha1_of(Password("password"));
  REQUIRE(t.known.leaks().look(sha1) == Leak::unanswered);  // there is no network
  for (const int status : {404, 429, 500, 301}) {
    t.remote.answer = [status](const fetch::Request&) -> Result<fetch::Reply> {
      return fetch::Reply{.status = status, .body = entry(kRest, 4)};
    };
    REQUIRE(t.known.leaks().look(sha1) == Leak::unanswered);
  }
  REQUIRE(t.counters.leaks_unanswered == 5);
  t.remote.answer = [](const fetch::Request&) -> Result<fetch::Reply> {
    return fetch::Reply{.status = 200, .body = entry(kOther, 4)};
  };
  REQUIRE(t.known.leaks().look(sha1) == Leak::absent);
  REQUIRE(t.counters.leaks_absent == 1);
}

TEST_CASE("Few wait for the server at once") {
  test::Instance t;
  std::promise<void> go;
  const std::shared_future<void> may_go = go.get_future().share();
  std::atomic<unsigned> asking{0};
  t.remote.answer = [&](const fetch::Request&) -> Result<fetch::Reply> {
    ++asking;
    may_go.wait();
    return fetch::Reply{.status = 200, .body = ""};
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < LeakLookup::kMaxAtOnce; ++i) {
    threads.emplace_back([&] { t.known.leaks().look(sha1_of(Password("password"))); });
  }
  while (asking < LeakLookup::kMaxAtOnce)
    std::this_thread::yield();
  REQUIRE(t.known.leaks().look(sha1_of(Password("password"))) == Leak::unanswered);
  REQUIRE(t.counters.leaks_skipped == 1);
  go.set_value();
  for (std::thread& thread : threads)
    thread.join();
  REQUIRE(t.known.leaks().look(sha1_of(Password("password"))) == Leak::absent);
}

}  // namespace
}  // namespace authd::auth
