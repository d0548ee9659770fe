// Look, work, decide, and again: a write finds that what was looked at has changed since, and the
// whole is done once more with what there is then.
#pragma once

#include <utility>

#include "base/result.h"

namespace authd::auth {

// More are of no use: somebody changes the same row all the time.
inline constexpr int kMaxRounds = 5;

class Round {
 public:
  explicit Round(int number) : number_(number) {}

  int number() const { return number_; }  // from 1
  bool is_last() const { return number_ == kMaxRounds; }

  // For the decision: what was looked at has changed. Returns the refusal, which is what comes of
  // it if this was the last round. A write that runs twice may call it twice.
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

// `act(round)` until it succeeds, is refused for another reason than Round::moved(), or was refused
// kMaxRounds times.
template <typename Act>
auto in_rounds(Act act) -> decltype(act(std::declval<Round&>())) {
  for (int number = 1;; ++number) {
    Round round(number);
    auto result = act(round);
    if (result || !round.goes_on()) return result;
  }
}

}  // namespace authd::auth
