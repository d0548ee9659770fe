#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace authd {

std::string Random::bytes(size_t count) {
  std::string out(count, '\0');
  fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

void SystemRandom::fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      CHECK(errno == EINTR);  // Nothing else can fail once the pool is seeded.
      continue;
    }
    out = out.subspan(static_cast<size_t>(got));
  }
}

}  // namespace authd
