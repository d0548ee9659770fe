#include "crypto/algorithm.h"

#include <array>
#include <cstddef>

namespace authd::crypto {
namespace {

constexpr std::array kNames = {std::string_view("ES256"), std::string_view("EdDSA"),
                               std::string_view("RS256"), std::string_view("HS256")};

}  // namespace

std::string_view name(Algorithm algorithm) {
  return kNames[static_cast<size_t>(algorithm)];
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

}  // namespace authd::crypto
