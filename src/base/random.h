// The source of unpredictable bytes. It is a parameter, so that tests can be repeated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace authd {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out`; never fails (SystemRandom aborts if the kernel provides none).
  virtual void fill(std::span<uint8_t> out) = 0;

  // `count` random bytes as a byte string.
  std::string bytes(size_t count);
};

// The kernel's generator (getrandom(2)). Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;
};

}  // namespace authd
