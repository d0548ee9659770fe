#include "crypto/jose/algorithm.h"

#include <array>

namespace authd::crypto {
namespace {

struct Row {
  std::string_view name;
  Traits traits;
};

// In the order of the enum.
constexpr std::array<Row, kAlgorithms> kRows = {{
    {"ES256", {Family::ec, "SHA256", "P-256", "prime256v1", 32}},
    {"EdDSA", {Family::okp}},
    {"RS256", {Family::rsa, "SHA256"}},
    {"HS256", {Family::hmac, "SHA256"}},
    {"ES384", {Family::ec, "SHA384", "P-384", "secp384r1", 48}},
    {"ES512", {Family::ec, "SHA512", "P-521", "secp521r1", 66}},
    {"RS384", {Family::rsa, "SHA384"}},
    {"RS512", {Family::rsa, "SHA512"}},
    {"PS256", {Family::rsa_pss, "SHA256"}},
    {"PS384", {Family::rsa_pss, "SHA384"}},
    {"PS512", {Family::rsa_pss, "SHA512"}},
}};

}  // namespace

std::string_view name(Algorithm algorithm) {
  return kRows[static_cast<size_t>(algorithm)].name;
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  if (text == "Ed25519") return Algorithm::eddsa;
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == text) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

const Traits& traits_of(Algorithm algorithm) {
  return kRows[static_cast<size_t>(algorithm)].traits;
}

}  // namespace authd::crypto
