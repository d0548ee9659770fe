// A fuzz target is a file in targets/ that defines run(). It passes the bytes to a real entry point
// of src/, and CHECKs what must hold for any bytes. A crash, a sanitizer's report and a failed
// CHECK are all findings. libfuzzer.cpp drives it for `make fuzz`, replay.cpp for `make test`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"

namespace authd::fuzz {

// Called repeatedly in one process, for inputs of at most kMaxInput bytes. The same input must have
// the same effect, whatever came before.
void run(std::string_view input);

inline constexpr size_t kMaxInput = 16 * 1024;

// What the process does if started as the worker of media/converter.h; by default it is that
// worker.
int run_as_worker();

// Called once, before the first input. Returns the exit code if the process is a worker.
std::optional<int> begin(int argc, char** argv);

// Takes decisions from the front of an input; the rest is its text. A used-up input gives zeros.
class Dice {
 public:
  explicit Dice(std::string_view input) : rest_(input) {}

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // Below `count`, which is not 0.
  size_t below(size_t count) { return (size_t{byte()} << 8 | byte()) % count; }
  bool is_empty() const { return rest_.empty(); }
  // Up to the next line break, which is also taken.
  std::string_view line() {
    const size_t end = rest_.find('\n');
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A genuine text changed as the dice decide: bytes changed, inserted or removed, or the end cut
// off.
inline std::string spoiled(std::string text, Dice& dice) {
  for (int changes = 0; changes < 8 && !dice.is_empty(); ++changes) {
    const uint8_t kind = dice.byte();
    const size_t at = dice.below(text.size() + 1);
    switch (kind % 5) {
      case 0: return text;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(dice.byte());
        break;
      case 2: text.insert(at, 1, static_cast<char>(dice.byte())); break;
      case 3: text.erase(at, 1); break;
      default: text.resize(at);
    }
  }
  return text;
}

}  // namespace authd::fuzz
