#include "auth/upkeep/transfer/syntax/json_layout.h"

namespace authd::auth::transfer {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// The place behind the string that begins at `at`; npos if it does not end.
size_t end_of_string(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// Whether an array follows: a colon and a bracket, with white space around.
bool is_before_array(std::string_view text, size_t at) {
  at = text.find_first_not_of(kSpace, at);
  if (at == std::string_view::npos || text[at] != ':') return false;
  at = text.find_first_not_of(kSpace, at + 1);
  return at != std::string_view::npos && text[at] == '[';
}

}  // namespace

JsonLayout layout_of(std::string_view beginning) {
  const size_t first = beginning.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  if (beginning[first] == '[') return {JsonArray::Where::top, ""};
  size_t depth = 0;
  for (size_t i = first; i < beginning.size(); ++i) {
    const char c = beginning[i];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
    if (c != '"') continue;
    const size_t end = end_of_string(beginning, i);
    if (end == std::string_view::npos) break;
    const std::string_view name = beginning.substr(i + 1, end - i - 2);
    if (depth == 1 && (name == "users" || name == "data") && is_before_array(beginning, end)) {
      return {JsonArray::Where::named, std::string(name)};
    }
    i = end - 1;
  }
  return {};
}

}  // namespace authd::auth::transfer
