// Why a decision came out as it did, step by step, for `authd explain`. The functions that decide
// take a pointer to one: null in the server, where nobody asks. So what is explained is the
// decision itself, and no second copy of its rules. With a trace they change nothing: no failure is
// counted, no use noted, nothing remembered.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace authd::auth {

struct Trace {
  struct Step {
    std::string what;  // what was looked at: "signature"
    bool is_passed = false;
    std::string detail;  // what was found, for the operator; never a secret
  };
  std::vector<Step> steps;  // in the order of the decision, which ends at the first that failed
};

// Notes a step, if somebody asks, and returns whether it passed. `detail` is a text, or a function
// that makes one, which is called for a trace only.
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
