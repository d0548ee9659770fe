// What Unicode says of single characters, for normal_form.cpp. The tables are written at build time
// (scripts/unicode-tables); each is sorted by its first members.
#pragma once

#include <cstddef>
#include <cstdint>

namespace authd::unicode {

// The whole compatibility decomposition: `length` characters of `pool`, from `begin`.
struct Decomposition {
  char32_t code;
  uint32_t begin;
  uint32_t length;
};
extern const char32_t pool[];
extern const Decomposition decompositions[];
extern const size_t decompositions_size;

// The class of a character that combines with the one before it; what is not listed has class 0.
struct CombiningClass {
  char32_t code;
  uint8_t combining;
};
extern const CombiningClass classes[];
extern const size_t classes_size;

struct Composition {
  char32_t first;
  char32_t second;
  char32_t whole;
};
extern const Composition compositions[];
extern const size_t compositions_size;

}  // namespace authd::unicode
