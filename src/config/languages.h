// The one list of the languages of pages and mails, and which of them somebody asks for.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace authd::config {

struct Language {
  std::string_view tag;   // BCP 47: the name of its catalogues, src/web/pages/TAG.json and
                          // src/mail/texts/TAG.json, and the `lang` of documents
  std::string_view name;  // as its speakers write it
  bool is_right_to_left = false;
};

// The first one has every text; a catalogue that is not there is replaced by it.
inline constexpr std::array kLanguages = {
    Language{"en", "English"},    Language{"de", "Deutsch"},
    Language{"fr", "Français"},   Language{"es", "Español"},
    Language{"it", "Italiano"},   Language{"pt-BR", "Português (Brasil)"},
    Language{"nl", "Nederlands"}, Language{"pl", "Polski"},
    Language{"ja", "日本語"},     Language{"zh-Hans", "简体中文"},
};
inline constexpr std::string_view kFirstLanguage = kLanguages.front().tag;

// The language with this tag, in any case; nullptr: it is not one of ours.
const Language* find_language(std::string_view tag);

// "ltr" or "rtl", for documents in this language.
std::string_view direction_of(std::string_view tag);

// The tag of the language that answers a wish for `range` (RFC 4647): the same primary language,
// and for Chinese the same script: zh, zh-CN, zh-SG and zh-Hans-… are zh-Hans; zh-TW, zh-HK, zh-MO
// and zh-Hant are another language to their readers. Empty: none.
std::string_view match_language(std::string_view range);

// The tag of the best of `there` for an Accept-Language header (RFC 9110 section 12.5.4): the
// highest q, among equals the first. "*" takes none, and q=0 refuses. Reads at most 1,024 bytes and
// 32 ranges. Empty: none.
std::string_view choose_language(std::string_view accept_language,
                                 std::span<const std::string_view> there);

// A tag of the list, as the list writes it; empty text stays empty. Error: `invalid`, field
// "locale", with the tags that there are.
Result<std::string> parse_locale(std::string_view text);

// The plural categories of CLDR, for whole numbers.
enum class Plural : uint8_t { one, few, many, other };
std::string_view word_of(Plural category);
Plural plural_of(std::string_view tag, uint64_t count);
// Those that whole numbers have in this language, `other` last.
std::span<const Plural> plurals_of(std::string_view tag);

}  // namespace authd::config
