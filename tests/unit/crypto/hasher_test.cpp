#include "crypto/passwords/hasher.h"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "support/cpu_clock.h"

using namespace authd;
using namespace authd::crypto;

namespace {

constexpr Argon2Params kCheap{64 << 10, 1};
constexpr std::string_view kScrypt =
    "scrypt:1024:8:2$Xy12abCDef34GHij$"
    "029af9ce7db93433276ec43a2883f6071d33ec5a8d7e28db529068004a39dfed"
    "366af19e56a8997c28717f796ea8acbe427ad74b5996edd331853e202f1c5929";

const SystemClock system_clock;

Password password(std::string_view text) {
  return Password(std::string(text));
}

// Holds every hash back until it is opened.
class GatedRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    open_.wait(false);
    random_.fill(out);
  }
  void open() {
    open_ = true;
    open_.notify_all();
  }

 private:
  std::atomic<bool> open_ = false;
  SystemRandom random_;
};

template <typename Condition>
[[maybe_unused]] bool eventually(const Condition& condition) {
  const SteadyTime deadline = system_clock.steady_now() + Seconds(60);
  while (!condition()) {
    if (system_clock.steady_now() > deadline) return false;
    std::this_thread::sleep_for(Milliseconds(1));
  }
  return true;
}

// By number. A thread that was joined a moment ago may still be among them.
std::set<std::string> threads() {
  std::set<std::string> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    found.insert(task.path().filename());
  return found;
}

size_t threads_since(const std::set<std::string>& before) {
  const std::set<std::string> now = threads();
  return static_cast<size_t>(std::count_if(
      now.begin(), now.end(), [&](const std::string& id) { return !before.contains(id); }));
}

[[maybe_unused]] size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("a hash of the lane is matched by its password alone") {
  SystemRandom random;
  Hasher hasher(kCheap, 2, 8, random, system_clock);
  const Result<std::string> stored = hasher.hash(password("correct horse"));
  REQUIRE(stored);
  CHECK(hasher.verify(password("correct horse"), *stored).value() == Verdict::match);
  CHECK(hasher.verify(password("wrong"), *stored).value() == Verdict::mismatch);
  CHECK(hasher.verify(password("correct horse ß"), kScrypt).value() == Verdict::match);
  CHECK(hasher.verify(password("x"), "no hash").value() == Verdict::unsupported);
  CHECK_FALSE(hasher.needs_rehash(*stored));
  CHECK(hasher.needs_rehash(kScrypt));
}

TEST_CASE("a password matches however its characters are sent, and as an importer hashed them") {
  SystemRandom random;
  Hasher hasher(kCheap, 1, 8, random, system_clock);
  const char* composed = "caf\u00e9-1234";
  const char* decomposed = "cafe\u0301-1234";
  for (const char* first : {composed, decomposed}) {
    const auto stored = hasher.hash(password(first));
    REQUIRE(stored);
    CHECK(*hasher.verify(password(composed), *stored) == Verdict::match);
    CHECK(*hasher.verify(password(decomposed), *stored) == Verdict::match);
    CHECK(*hasher.verify(password("cafe-1234"), *stored) == Verdict::mismatch);
  }
  const auto imported = hash_password(password(decomposed), kCheap, random);
  REQUIRE(imported);
  CHECK(*hasher.verify(password(decomposed), *imported) == Verdict::match);
  CHECK(*hasher.verify(password("\xff not UTF-8"), *imported) == Verdict::mismatch);
}

TEST_CASE("verifying nothing is a mismatch and as much work as a hash") {
  SystemRandom random;
  const Argon2Params params{8 << 20, 2};
  const test::CpuClock clock;
  Hasher hasher(params, 1, 8, random, clock);
  const auto busy_during = [&](const auto& action) {
    const auto before = hasher.stats().busy;
    action();
    return hasher.stats().busy - before;
  };
  const std::string stored = hasher.hash(password("x")).value();
  const auto real = busy_during([&] { CHECK(hasher.verify(password("y"), stored)); });
  const auto nothing = busy_during(
      [&] { CHECK(hasher.verify_nothing(password("y")).value() == Verdict::mismatch); });
  const auto unsupported = busy_during([&] { CHECK(hasher.verify(password("y"), "no hash")); });
  CHECK(nothing > real / 4);
  CHECK(unsupported > real / 4);
}

TEST_CASE("threads start with the first job and not before") {
  const std::set<std::string> before = threads();
  SystemRandom random;
  Hasher hasher(kCheap, 3, 8, random, system_clock);
  CHECK_FALSE(hasher.needs_rehash("$argon2id$v=19$m=64,t=1,p=1$"));
  CHECK(threads_since(before) == 0);
  CHECK(hasher.hash(password("x")));
  CHECK(threads_since(before) == 3);
}

TEST_CASE("a full queue refuses at once and says when to try again") {
  GatedRandom gate;
  Hasher hasher(kCheap, 1, 2, gate, system_clock);
  std::vector<std::thread> callers;
  std::atomic<int> hashed = 0;
  const auto call = [&] {
    callers.emplace_back([&] {
      if (hasher.hash(password("x"))) ++hashed;
    });
  };
  call();
  REQUIRE(eventually([&] { return hasher.stats().running == 1; }));
  call();
  call();
  REQUIRE(eventually([&] { return hasher.stats().queued == 2; }));

  const Result<Verdict> refused = hasher.verify_nothing(password("x"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::busy);
  CHECK(refused.error().retry_after_s == 1);
  CHECK_FALSE(hasher.hash(password("x")));
  CHECK_FALSE(hasher.verify(password("x"), kScrypt));
  CHECK(hasher.stats().rejected == 3);

  gate.open();
  for (std::thread& caller : callers)
    caller.join();
  CHECK(hashed == 3);
  const Hasher::Stats stats = hasher.stats();
  CHECK(stats.done == 3);
  CHECK(stats.queued == 0);
  CHECK(stats.running == 0);
  CHECK(stats.busy.count() > 0);
  CHECK(hasher.hash(password("x")));
}

TEST_CASE("no more hashes run at once than there are threads") {
  GatedRandom gate;
  Hasher hasher(kCheap, 2, 8, gate, system_clock);
  std::vector<std::thread> callers;
  for (int i = 0; i < 5; ++i)
    callers.emplace_back([&] { (void)hasher.hash(password("x")); });
  CHECK(eventually([&] { return hasher.stats().running == 2 && hasher.stats().queued == 3; }));
  gate.open();
  for (std::thread& caller : callers)
    caller.join();
  CHECK(hasher.stats().done == 5);
}

TEST_CASE("many callers at once each get their own answer") {
  SystemRandom random;
  Hasher hasher(kCheap, 2, 64, random, system_clock);
  std::atomic<int> right = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      const std::string text = "password " + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        const Result<std::string> stored = hasher.hash(password(text));
        if (stored && hasher.verify(password(text), *stored).value() == Verdict::match &&
            hasher.verify(password(text + "x"), *stored).value() == Verdict::mismatch) {
          ++right;
        }
      }
    });
  }
  for (std::thread& caller : callers)
    caller.join();
  CHECK(right == 80);
  CHECK(hasher.stats().done == 240);
}

TEST_CASE("zero threads count as one") {
  SystemRandom random;
  Hasher hasher(kCheap, 0, 8, random, system_clock);
  CHECK(hasher.hash(password("x")));
}

// The sanitizers keep extra memory for each page that was ever touched.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("an idle lane gives the memory of its hashes back") {
  SystemRandom random;
  Hasher hasher({48 << 20, 1}, 1, 8, random, system_clock);
  const size_t before = resident_bytes();
  CHECK(hasher.verify_nothing(password("x")));
  CHECK(eventually([&] { return resident_bytes() < before + (8 << 20); }));
  CHECK(hasher.verify_nothing(password("x")));
}
#endif
