#include "base/cookie.h"

#include <algorithm>

namespace authd {

std::string Cookie::header() const {
  std::string text = name + "=" + value +
                     "; Path=/; Max-Age=" + std::to_string(std::max<int64_t>(life.count(), 0));
  if (!domain.empty()) text += "; Domain=" + domain;
  text += "; HttpOnly; SameSite=";
  switch (same_site) {
    case SameSite::lax: text += "Lax"; break;
    case SameSite::strict: text += "Strict"; break;
  }
  if (is_secure) text += "; Secure";
  return text;
}

std::string prefixed_name(std::string_view name, bool is_https, std::string_view domain) {
  if (!is_https) return std::string(name);
  return (domain.empty() ? "__Host-" : "__Secure-") + std::string(name);
}

std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name) {
  std::vector<std::string_view> values;
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (pair.starts_with(' '))
      pair.remove_prefix(1);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      values.push_back(pair.substr(name.size() + 1));
    }
  }
  return values;
}

}  // namespace authd
