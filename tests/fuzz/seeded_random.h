// Random bytes that are the same in every run.
#pragma once

#include <mutex>
#include <random>

#include "base/random.h"

namespace authd::fuzz {

// Thread-safe. Only for tests.
class SeededRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    for (uint8_t& byte : out)
      byte = static_cast<uint8_t>(generator_());
  }

 private:
  std::mutex mutex_;
  std::mt19937 generator_{2};
};

}  // namespace authd::fuzz
