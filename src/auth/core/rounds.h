// Look, work, decide, and repeat: if a write finds that what was read has changed in the meantime,
// everything is done again with the current rows.
#pragma once

#include <utility>

#include "base/result.h"

namespace authd::auth {

// More do not help: somebody is changing the same row all the time.
inline constexpr int kMaxRounds = 5;

class Round {
 public:
  explicit Round(int number) : number_(number) {}

  int number() const { return number_; }  // from 1
  bool is_last() const { return number_ == kMaxRounds; }

  // For the decision: what was read has changed. Returns the refusal, which is the result if this
  // was the last round. A write that runs twice may call it twice.
  Error moved(Error refusal) {
    has_moved_ = true;
    return refusal;
  }
  // Whether another round follows when this one is refused.
  bool goes_on() const { return has_moved_ && !is_last(); }

 private:
  int number_;
  bool has_moved_ = false;
};

// Calls `act(round)` until it succeeds, until it is refused for a reason other than Round::moved(),
// or kMaxRounds times.
template <typename Act>
auto in_rounds(Act act) -> decltype(act(std::declval<Round&>())) {
  for (int number = 1;; ++number) {
    Round round(number);
    auto result = act(round);
    if (result || !round.goes_on()) return result;
  }
}

}  // namespace authd::auth
