#include "tables/rows/names.h"

#include <algorithm>

#include "base/text.h"

namespace authd::tables {

std::string fold(std::string_view name) {
  return lower(name);
}

std::string phone_key(std::string_view number) {
  constexpr size_t kMin = 8;  // digits
  constexpr size_t kMax = 15;
  const std::string_view digits = number.substr(std::min<size_t>(1, number.size()));
  const bool has_form = number.starts_with('+') && digits.size() >= kMin && digits.size() <= kMax &&
                        is_digits(digits);
  return has_form ? std::string(number) : "";
}

}  // namespace authd::tables
