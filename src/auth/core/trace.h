// Records, step by step, why a decision came out as it did, for `authd explain`. The functions that
// decide take a pointer to a trace, which is null in the server. So `explain` shows the real
// decision instead of a copy of its rules. With a trace these functions change nothing: they count
// no failure, record no use, and remember nothing.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::auth {

struct Trace {
  struct Step {
    std::string what;  // what was checked: "signature"
    bool is_passed = false;
    std::string detail;  // what was found, for the operator; never a secret
  };
  std::vector<Step> steps;  // in the order of the decision, which ends at the first failed step
};

// Records a step, if there is a trace, and returns whether the step passed. `detail` is a text, or
// a function that creates one, which is only called if there is a trace.
template <typename Detail>
bool passes(Trace* trace, std::string_view what, bool is_passed, const Detail& detail) {
  if (trace != nullptr) {
    if constexpr (std::invocable<const Detail&>) {
      trace->steps.push_back({std::string(what), is_passed, std::string(detail())});
    } else {
      trace->steps.push_back({std::string(what), is_passed, std::string(detail)});
    }
  }
  return is_passed;
}

}  // namespace authd::auth
