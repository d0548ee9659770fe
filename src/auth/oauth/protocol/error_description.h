// A message in the characters of error_description: printable ASCII without '"' and '\\' (RFC 6749
// sections 4.1.2.1 and 5.2).
#pragma once

#include <string>
#include <string_view>

namespace authd::auth {

inline std::string error_description(std::string_view message) {
  std::string text;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xc0) == 0x80;  // of a UTF-8 sequence
    if (c == '"') {
      text += '\'';
    } else if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      text += c;
    } else if (!continues) {
      text += '?';
    }
  }
  return text;
}

}  // namespace authd::auth
