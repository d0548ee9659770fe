#include "web/brand.h"

#include "base/encoding.h"

namespace authd::web {

std::string_view image_type(std::string_view image) {
  if (image.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
  if (image.starts_with("\xff\xd8\xff")) return "image/jpeg";
  if (image.starts_with("RIFF") && image.substr(8).starts_with("WEBP")) return "image/webp";
  const std::string_view head = image.substr(0, 1024);
  const size_t start = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool is_markup = start != std::string_view::npos && head[start] == '<';
  if (is_markup && head.find("<svg") != std::string_view::npos) return "image/svg+xml";
  return "";
}

std::string first_letter(std::string_view name) {
  std::string letter(first_character(name));
  if (letter.size() == 1 && letter[0] >= 'a' && letter[0] <= 'z') letter[0] -= 'a' - 'A';
  return letter;
}

}  // namespace authd::web
