#include "store/commit_group.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "store/scratch.h"

using namespace authd;
using namespace authd::store;
using authd::test::comes_true;

namespace {

using Group = std::span<PendingWrite* const>;

// Commits groups without a store: records their sizes, and waits in the first until it is released.
class Commits {
 public:
  void operator()(Group group) {
    note_leader();
    const bool is_first = sizes_.empty();
    sizes_.push_back(group.size());
    if (is_first) {
      is_in_first_ = true;
      while (!may_go_on_)
        std::this_thread::yield();
    }
    std::this_thread::yield();  // Lets others queue meanwhile.
    for (PendingWrite* write : group)
      write->outcome = Error{ErrorCode::conflict, std::to_string(++sequence_)};
    leaders_ -= 1;
  }

  bool is_in_first() const { return is_in_first_; }
  void go_on() { may_go_on_ = true; }
  bool had_two_leaders() const { return had_two_leaders_; }
  const std::vector<size_t>& sizes() const { return sizes_; }

 private:
  void note_leader() {
    if (leaders_.fetch_add(1) != 0) had_two_leaders_ = true;
  }

  std::vector<size_t> sizes_;  // touched by one leader at a time, as the group promises
  int sequence_ = 0;
  std::atomic<int> leaders_ = 0;
  std::atomic<bool> is_in_first_ = false;
  std::atomic<bool> may_go_on_ = false;
  std::atomic<bool> had_two_leaders_ = false;
};

constexpr auto do_nothing = [](WriteTxn&) -> Result<void> { return {}; };

}  // namespace

TEST_CASE("a lone writer is a group, and gets the outcome set for it") {
  CommitGroup group;
  Commits commits;
  commits.go_on();
  for (int i = 1; i <= 3; ++i) {
    const Result<void> outcome = group.run(do_nothing, commits);
    CHECK(outcome.error().message == std::to_string(i));
  }
  CHECK(commits.sizes() == std::vector<size_t>{1, 1, 1});
}

TEST_CASE("writers that arrive during a commit share the next ones, up to the limit of a group") {
  constexpr size_t kWaiting = CommitGroup::kMaxGroup + 10;
  CommitGroup group;
  Commits commits;
  std::atomic<size_t> started = 0;
  std::vector<std::string> outcomes(kWaiting + 1);
  std::vector<std::thread> writers;
  const auto write = [&](size_t i) {
    started += 1;
    outcomes[i] = group.run(do_nothing, commits).error().message;
  };
  writers.emplace_back(write, 0);
  REQUIRE(comes_true([&] { return commits.is_in_first(); }));
  for (size_t i = 1; i <= kWaiting; ++i)
    writers.emplace_back(write, i);
  REQUIRE(comes_true([&] { return started == kWaiting + 1; }));
  commits.go_on();
  for (std::thread& writer : writers)
    writer.join();

  size_t sum = 0;
  for (const size_t size : commits.sizes()) {
    CHECK(size <= CommitGroup::kMaxGroup);
    sum += size;
  }
  CHECK(commits.sizes()[0] == 1);
  CHECK(sum == kWaiting + 1);
  CHECK_FALSE(commits.had_two_leaders());
  // Each got its own outcome.
  std::sort(outcomes.begin(), outcomes.end());
  CHECK(std::adjacent_find(outcomes.begin(), outcomes.end()) == outcomes.end());
  CHECK(outcomes[0] == "1");
}

TEST_CASE("however many writers come and go, none waits for ever and one leads at a time") {
  CommitGroup group;
  Commits commits;
  commits.go_on();
  constexpr int kThreads = 16;
  constexpr int kRounds = 300;
  std::atomic<int> refused = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i)
        if (!group.run(do_nothing, commits)) refused += 1;
    });
  }
  for (std::thread& writer : writers)
    writer.join();
  CHECK(refused == kThreads * kRounds);
  CHECK_FALSE(commits.had_two_leaders());
}
