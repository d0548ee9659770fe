#include "base/normal_form.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/encoding.h"
#include "base/normal_form_tables.h"
#include "base/text.h"

namespace authd {
namespace {

// Hangul (Unicode Standard, section 3.12): syllables are computed from their letters.
constexpr char32_t kSyllables = 0xac00;
constexpr char32_t kLeading = 0x1100;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kTrailing = 0x11a7;
constexpr char32_t kLeadingCount = 19;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTrailingCount = 28;
constexpr char32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;

std::u32string decoded(std::string_view utf8) {
  std::u32string codes;
  codes.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<uint8_t>(utf8[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t k = 1; k < length && i + k < utf8.size(); ++k)
      code = code << 6 | (static_cast<uint8_t>(utf8[i + k]) & 0x3fu);
    codes += code;
    i += length;
  }
  return codes;
}

void append(std::string& utf8, char32_t code) {
  const auto tail = [&](int shift) { utf8 += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    utf8 += static_cast<char>(code);
  } else if (code < 0x800) {
    utf8 += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    utf8 += static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    utf8 += static_cast<char>(0xf0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

template <typename Row>
const Row* find(const Row* rows, size_t size, char32_t code) {
  const Row* end = rows + size;
  const Row* row = std::lower_bound(
      rows, end, code, [](const Row& one, char32_t wanted) { return one.code < wanted; });
  return row != end && row->code == code ? row : nullptr;
}

uint8_t class_of(char32_t code) {
  const auto* row = find(unicode::classes, unicode::classes_size, code);
  return row == nullptr ? 0 : row->combining;
}

void append_decomposed(std::u32string& to, char32_t code) {
  if (code >= kSyllables && code < kSyllables + kSyllableCount) {
    const char32_t index = code - kSyllables;
    to += kLeading + index / (kVowelCount * kTrailingCount);
    to += kVowels + index % (kVowelCount * kTrailingCount) / kTrailingCount;
    if (index % kTrailingCount != 0) to += kTrailing + index % kTrailingCount;
    return;
  }
  const auto* row = find(unicode::decompositions, unicode::decompositions_size, code);
  if (row == nullptr) {
    to += code;
  } else {
    to.append(unicode::pool + row->begin, row->length);
  }
}

// Sorts each run of combining characters by their class.
void order(std::u32string& codes) {
  for (auto at = codes.begin(); at != codes.end();) {
    const auto first = std::find_if(at, codes.end(), [](char32_t c) { return class_of(c) != 0; });
    at = std::find_if(first, codes.end(), [](char32_t c) { return class_of(c) == 0; });
    std::stable_sort(first, at, [](char32_t a, char32_t b) { return class_of(a) < class_of(b); });
  }
}

std::optional<char32_t> composed(char32_t first, char32_t second) {
  if (first >= kLeading && first < kLeading + kLeadingCount && second >= kVowels &&
      second < kVowels + kVowelCount) {
    return kSyllables + ((first - kLeading) * kVowelCount + (second - kVowels)) * kTrailingCount;
  }
  const bool is_open = first >= kSyllables && first < kSyllables + kSyllableCount &&
                       (first - kSyllables) % kTrailingCount == 0;
  if (is_open && second > kTrailing && second < kTrailing + kTrailingCount) {
    return first + (second - kTrailing);
  }
  const auto key = [](const unicode::Composition& one) { return std::tie(one.first, one.second); };
  const auto wanted = std::tie(first, second);
  const auto* end = unicode::compositions + unicode::compositions_size;
  const auto* row = std::lower_bound(
      unicode::compositions, end, wanted,
      [&](const unicode::Composition& one, const auto& pair) { return key(one) < pair; });
  if (row == end || key(*row) != wanted) return std::nullopt;
  return row->whole;
}

// Each character goes into the last starter before it, unless something of its own class or higher
// is between them.
void compose(std::u32string& codes) {
  size_t kept = 0;
  std::optional<size_t> starter;
  uint8_t last = 0;  // the class of the character before, if that follows the starter
  for (size_t i = 0; i < codes.size(); ++i) {
    const char32_t code = codes[i];
    const uint8_t own = class_of(code);
    const bool is_adjacent = starter && *starter + 1 == kept;
    if (starter && (is_adjacent || (last != 0 && last < own))) {
      if (const auto whole = composed(codes[*starter], code)) {
        codes[*starter] = *whole;
        continue;
      }
    }
    if (own == 0) starter = kept;
    last = own;
    codes[kept++] = code;
  }
  codes.resize(kept);
}

bool is_ascii(std::string_view utf8) {
  return std::all_of(utf8.begin(), utf8.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// Letters of Latin scripts that Unicode does not take apart, as people write them without a key for
// them; and the signs that word processors put in place of those on the keyboard.
constexpr struct {
  char32_t code;
  const char* plain;
} kPlain[] = {
    {0xc6, "ae"},   {0xd0, "d"},   {0xd8, "o"},   {0xde, "th"},  {0xdf, "ss"},  {0xe6, "ae"},
    {0xf0, "d"},    {0xf8, "o"},   {0xfe, "th"},  {0x110, "d"},  {0x111, "d"},  {0x126, "h"},
    {0x127, "h"},   {0x131, "i"},  {0x141, "l"},  {0x142, "l"},  {0x14a, "n"},  {0x14b, "n"},
    {0x152, "oe"},  {0x153, "oe"}, {0x166, "t"},  {0x167, "t"},  {0x18f, "e"},  {0x259, "e"},
    {0x1e9e, "ss"}, {0x2010, "-"}, {0x2011, "-"}, {0x2013, "-"}, {0x2018, "'"}, {0x2019, "'"},
};

// Small letters of Greek, Cyrillic and Armenian, of characters without accents.
char32_t small(char32_t code) {
  if (code >= 0x391 && code <= 0x3a9) return code + 0x20;
  if (code == 0x3c2) return 0x3c3;  // the sigma at the end of a word
  if (code >= 0x400 && code <= 0x40f) return code + 0x50;
  if (code >= 0x410 && code <= 0x42f) return code + 0x20;
  const bool is_in_pairs = (code >= 0x460 && code <= 0x481) || (code >= 0x48a && code <= 0x4bf) ||
                           (code >= 0x4d0 && code <= 0x52f);
  if (is_in_pairs) return code | 1;
  if (code >= 0x4c1 && code <= 0x4ce) return code + (code & 1);
  if (code >= 0x531 && code <= 0x556) return code + 0x30;
  return code;
}

void append_search_form(std::string& to, char32_t code) {
  // Marks of lower classes are part of the letter: the voicing of kana, signs of Indic scripts.
  constexpr uint8_t kFirstAccent = 10;
  if (class_of(code) >= kFirstAccent) return;
  const auto* plain =
      std::lower_bound(std::begin(kPlain), std::end(kPlain), code,
                       [](const auto& one, char32_t wanted) { return one.code < wanted; });
  if (plain != std::end(kPlain) && plain->code == code) {
    to += plain->plain;
  } else if (code < 0x80) {
    to += lower(static_cast<char>(code));
  } else {
    append(to, small(code));
  }
}

}  // namespace

std::string normal_form(std::string_view utf8) {
  if (is_ascii(utf8)) return std::string(utf8);
  std::u32string codes;
  for (const char32_t code : decoded(utf8))
    append_decomposed(codes, code);
  order(codes);
  compose(codes);
  std::string text;
  text.reserve(utf8.size());
  for (const char32_t code : codes)
    append(text, code);
  return text;
}

Password normal_password(const Password& password) {
  const std::string_view text = password.reveal();
  return Password(is_valid_utf8(text) ? normal_form(text) : std::string(text));
}

std::string search_form(std::string_view utf8) {
  if (is_ascii(utf8)) return lower(utf8);
  std::u32string codes;
  for (const char32_t code : decoded(utf8))
    append_decomposed(codes, code);
  std::string text;
  text.reserve(utf8.size());
  for (const char32_t code : codes)
    append_search_form(text, code);
  return text;
}

}  // namespace authd
