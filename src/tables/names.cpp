#include "tables/names.h"

#include <algorithm>

namespace authd::tables {

std::string fold(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::string phone_key(std::string_view number) {
  constexpr size_t kMin = 8;  // digits
  constexpr size_t kMax = 15;
  const std::string_view digits = number.substr(std::min<size_t>(1, number.size()));
  const bool has_form =
      number.starts_with('+') && digits.size() >= kMin && digits.size() <= kMax &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  return has_form ? std::string(number) : "";
}

}  // namespace authd::tables
