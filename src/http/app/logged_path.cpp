#include "http/app/logged_path.h"

#include <algorithm>

#include "http/wire/head.h"

namespace authd::http {
namespace {

// The shortest token in a link has 22 characters (16 bytes in base64url).
constexpr size_t kMaybeToken = 20;

std::string without_tokens(const Router& router, std::string_view path) {
  const std::vector<std::string>& words = router.words_before_secrets();
  std::string shown;
  bool is_behind = false;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(1, end - 1);  // a path begins with '/'
    path.remove_prefix(end);
    const bool is_hidden = !part.empty() && (is_behind || part.size() >= kMaybeToken);
    shown += '/';
    shown += is_hidden ? "*" : part;
    is_behind = is_behind || std::any_of(words.begin(), words.end(), [&](const std::string& word) {
                  return equal_names(word, part);
                });
  }
  return shown;
}

}  // namespace

std::string logged_path(const Router& router, const Route* at_path, std::string_view path) {
  if (at_path == nullptr) return without_tokens(router, path);
  return at_path->hides_path ? at_path->pattern : std::string(path);
}

}  // namespace authd::http
