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

}  // namespace authd::model
