#include "auth/oauth/protocol/proof_address.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"

namespace authd::auth {
namespace {

constexpr std::string_view kEscape = "%";
constexpr size_t kEscapeBytes = 3;

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// The path with each escape as percent_encode() would write it; nullopt for a broken one.
std::optional<std::string> with_plain_escapes(std::string_view path) {
  std::string plain;
  while (!path.empty()) {
    const size_t at = std::min(path.find(kEscape), path.size());
    plain += path.substr(0, at);
    path.remove_prefix(at);
    if (path.empty()) break;
    const std::optional<std::string> byte = percent_decode(path.substr(0, kEscapeBytes));
    if (!byte || byte->size() != 1) return std::nullopt;
    plain += percent_encode(*byte);
    path.remove_prefix(kEscapeBytes);
  }
  return plain;
}

// Host and port; empty if they are not one. A port may be empty (RFC 3986 section 3.2.3).
std::string compared_host(std::string_view authority, std::string_view default_port) {
  const size_t end = authority.starts_with('[') ? authority.find(']') : 0;
  if (end == std::string_view::npos) return "";
  const size_t colon = std::min(authority.find(':', end), authority.size());
  const std::string host = lower(authority.substr(0, colon));
  if (host.empty() || host.find('@') != std::string::npos) return "";
  if (colon == authority.size()) return host;
  const std::string_view port = authority.substr(colon + 1);
  if (port.empty() || port == default_port) return host;
  return is_digits(port) ? host + ":" + std::string(port) : "";
}

}  // namespace

std::optional<std::string> compared_address(std::string_view address) {
  constexpr std::string_view kSeparator = "://";
  if (address.size() > kMaxProofAddress || !is_visible(address)) return std::nullopt;
  address = address.substr(0, address.find_first_of("?#"));
  const size_t colon = std::min(address.find(kSeparator), address.size());
  const std::string scheme = lower(address.substr(0, colon));
  if (colon == address.size() || (scheme != "https" && scheme != "http")) return std::nullopt;
  address.remove_prefix(colon + kSeparator.size());
  const size_t slash = std::min(address.find('/'), address.size());
  const std::string host =
      compared_host(address.substr(0, slash), scheme == "https" ? "443" : "80");
  if (host.empty()) return std::nullopt;
  const std::optional<std::string> path = with_plain_escapes(address.substr(slash));
  if (!path) return std::nullopt;
  return scheme + std::string(kSeparator) + host + (path->empty() ? "/" : *path);
}

}  // namespace authd::auth
