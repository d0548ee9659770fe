// The algorithms of signatures (RFC 7518 section 3.1, RFC 8037 section 3.1).
#pragma once

#include <optional>
#include <string_view>

namespace authd::crypto {

enum class Algorithm { es256, eddsa, rs256, hs256 };

std::string_view name(Algorithm algorithm);  // "ES256", …
std::optional<Algorithm> parse_algorithm(std::string_view name);

}  // namespace authd::crypto
