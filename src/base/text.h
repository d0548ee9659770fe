// Small operations on text. Letters, digits and blanks are those of ASCII, whatever the locale.
// Bytes above 0x7f pass through unchanged, so UTF-8 stays UTF-8.
#pragma once

#include <charconv>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace authd {

// The texts with `separator` between them. Leading empty texts get no separator. `text_of` converts
// an element that is not a text.
template <typename Range, typename TextOf = std::identity>
std::string joined(const Range& range, std::string_view separator, TextOf text_of = {}) {
  std::string all;
  for (const auto& one : range) {
    if (!all.empty()) all += separator;
    all += std::invoke(text_of, one);
  }
  return all;
}

// Removes the characters of `blanks` from both ends. Inline, because every header of a request
// passes through it.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
  const auto is_blank = [blanks](char c) {
    for (const char blank : blanks) {
      if (c == blank) return true;
    }
    return false;
  };
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lower(std::string_view text);

constexpr bool is_digit(int c) {
  return c >= '0' && c <= '9';
}
// True if there is at least one digit and nothing else.
bool is_digits(std::string_view text);

// True if there is at least one character, and all are letters a-z, digits or in `extra`.
bool is_lower_name(std::string_view text, std::string_view extra);

// A whole number without sign or blanks; nullopt for other text and for a number that T cannot
// hold. Leading zeros are allowed.
template <std::unsigned_integral T = uint64_t>
std::optional<T> parse_unsigned(std::string_view text) {
  T number = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || at != end) return std::nullopt;
  return number;
}

// For HTML: & < > " and ' as character references, so that the text is never markup, even in a
// quoted attribute.
std::string html_escaped(std::string_view text);

}  // namespace authd
