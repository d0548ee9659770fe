// The word that somebody meant who typed another one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace authd {

// How many letters to change, insert, drop or swap with their neighbour to turn `a` into `b`
// (Damerau-Levenshtein, optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b);

// The largest distance of a word of this length from another that still looks like a typing error.
size_t near_distance(size_t length);

// The one of `words` that `typed` most likely means: one that it begins, or one that differs by a
// typing error; empty if there is none. `text_of` converts an element that is not a text.
template <typename Range, typename TextOf = std::identity>
std::string nearest_of(std::string_view typed, const Range& words, TextOf text_of = {}) {
  constexpr size_t kMaxTyped = 100;
  constexpr size_t kLeastBeginning = 2;
  if (typed.empty() || typed.size() > kMaxTyped) return "";
  std::string found;
  size_t least = near_distance(typed.size()) + 1;
  for (const auto& one : words) {
    const std::string word(std::invoke(text_of, one));
    const bool is_begun = typed.size() >= kLeastBeginning && word.starts_with(typed);
    const size_t distance = is_begun ? 1 : edit_distance(typed, word);
    if (distance >= least) continue;
    least = distance;
    found = word;
  }
  return found;
}

// "; did you mean X?", or nothing if `word` is empty.
std::string did_you_mean(std::string_view word);

}  // namespace authd
