#include "http/logged_path.h"

#include <algorithm>

#include "http/head.h"

namespace authd::http {
namespace {

// The shortest token in a link has 22 characters (16 bytes in base64url).
constexpr size_t kMaybeToken = 20;

constexpr std::string_view kToken = "/:token";

// "reset-password" of "/reset-password/:token".
bool precedes_token(const Route& route, std::string_view part) {
  const std::string_view pattern = route.pattern;
  const size_t at = pattern.find(kToken);
  if (at == std::string_view::npos) return false;
  const std::string_view before = pattern.substr(0, at);
  return equal_names(before.substr(before.rfind('/') + 1), part);
}

std::string without_tokens(const Router& router, std::string_view path) {
  std::string shown;
  bool is_behind = false;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(1, end - 1);  // a path begins with '/'
    path.remove_prefix(end);
    const bool is_hidden = !part.empty() && (is_behind || part.size() >= kMaybeToken);
    shown += '/';
    shown += is_hidden ? "*" : part;
    is_behind = is_behind || std::any_of(router.routes().begin(), router.routes().end(),
                                         [&](const Route& r) { return precedes_token(r, part); });
  }
  return shown;
}

}  // namespace

std::string logged_path(const Router& router, std::string_view path) {
  const std::string_view pattern = router.pattern_of(path);
  if (pattern.empty()) return without_tokens(router, path);
  return std::string(hides_path(pattern) ? pattern : path);
}

bool hides_path(std::string_view pattern) {
  return pattern.find(kToken) != std::string_view::npos || pattern.ends_with("/*");
}

}  // namespace authd::http
