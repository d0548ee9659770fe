// Generates scripts: the next step is drawn at random from what the model knows, mostly what is new
// and alive, occasionally what is old, foreign or of the wrong kind.
#pragma once

#include <optional>
#include <random>

#include "model/oracle.h"

namespace authd::model {

class Author {
 public:
  explicit Author(uint64_t seed) : random_(seed) {}

  // One step, or occasionally several that run concurrently.
  Round next(const Oracle& oracle, bool has_races);

 private:
  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }
  bool one_in(size_t n) { return below(n) == 0; }
  int password_of(const Oracle& oracle, int account);
  Code code_of(const Oracle& oracle, int account);
  template <typename Things>
  int pick(const Things& things);
  template <typename Things, typename Good>
  int pick_good(const Things& things, Good is_good);
  int pick_access(const Oracle& oracle);
  int pick_refresh(const Oracle& oracle);
  int pick_link(const Oracle& oracle, Op op);
  int pick_account(const Oracle& oracle);
  Step blank(const Oracle& oracle, Op op);
  Step fill(const Oracle& oracle, Op op);
  Step by_token(const Oracle& oracle, Step step);
  // script_provider.cpp
  int pick_browser(const Oracle& oracle);
  int pick_client(const Oracle& oracle);
  Code secret_of(const Oracle& oracle, int client);
  Step by_client(const Oracle& oracle, Step step);
  Step authorize(const Oracle& oracle, Step step);
  Step fill_of_provider(const Oracle& oracle, Step step);
  std::optional<Step> follow_up_of_provider(const Oracle& oracle);
  Step with_proof(const Oracle& oracle, Step step);
  Step next_step(const Oracle& oracle);
  std::optional<Step> follow_up(const Oracle& oracle);
  Round race(const Oracle& oracle);
  int64_t pause();

  std::mt19937_64 random_;
  int names_ = 0;
  Step last_;
  int focus_ = -1;  // the account of a race; -1: none
};

// Mostly one of the latest, sometimes any.
template <typename Things>
int Author::pick(const Things& things) {
  if (things.empty()) return -1;
  constexpr size_t kRecent = 8;
  const bool is_recent = !one_in(5);
  const size_t end = is_recent ? std::min(things.size(), kRecent) : things.size();
  return std::prev(things.end(), static_cast<std::ptrdiff_t>(below(end)) + 1)->first;
}

// Mostly one that is still good for something.
template <typename Things, typename Good>
int Author::pick_good(const Things& things, Good is_good) {
  int name = pick(things);
  for (int tries = 0; tries < 12 && name >= 0 && !one_in(12); ++tries) {
    if (is_good(things.at(name))) return name;
    name = pick(things);
  }
  return name;
}

}  // namespace authd::model
