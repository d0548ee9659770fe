#include "config/languages.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace authd::config {
namespace {

constexpr size_t kMaxHeader = 1024;
constexpr size_t kMaxRanges = 32;
constexpr size_t kMaxTag = 35;  // RFC 5646 section 4.4.1

// The next part before `separator`, which is removed from `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

// The weight of a range in thousandths (RFC 9110 section 12.4.2); 1000 without one, 0 when it
// cannot be read.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view one = trimmed(take_part(parameters, ';'));
    if (one.size() < 2 || (one[0] | 0x20) != 'q' || one[1] != '=') continue;
    const std::string_view text = one.substr(2);
    double value = -1;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    const bool is_weight =
        error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= 1;
    return is_weight ? static_cast<int>(value * 1000) : 0;
  }
  return 1000;
}

// Simplified or not, by script or by country (CLDR's likely subtags).
bool is_simplified(std::string_view subtags) {
  while (!subtags.empty()) {
    const std::string_view one = take_part(subtags, '-');
    if (one == "hans") return true;
    if (one == "hant") return false;
    if (one == "tw" || one == "hk" || one == "mo") return false;
  }
  return true;
}

constexpr std::array kOneOther = {Plural::one, Plural::other};
constexpr std::array kOneManyOther = {Plural::one, Plural::many, Plural::other};
constexpr std::array kPolish = {Plural::one, Plural::few, Plural::many, Plural::other};
constexpr std::array kOther = {Plural::other};

Plural polish(uint64_t count) {
  if (count == 1) return Plural::one;
  const uint64_t last = count % 10;
  const uint64_t last_two = count % 100;
  const bool is_few = last >= 2 && last <= 4 && (last_two < 12 || last_two > 14);
  return is_few ? Plural::few : Plural::many;
}

}  // namespace

const Language* find_language(std::string_view tag) {
  if (tag.size() > kMaxTag) return nullptr;
  const std::string wanted = lower(tag);
  const auto found = std::find_if(kLanguages.begin(), kLanguages.end(),
                                  [&](const Language& one) { return lower(one.tag) == wanted; });
  return found == kLanguages.end() ? nullptr : &*found;
}

std::string_view direction_of(std::string_view tag) {
  const Language* language = find_language(tag);
  return language != nullptr && language->is_right_to_left ? "rtl" : "ltr";
}

std::string_view match_language(std::string_view range) {
  if (range.size() > kMaxTag) return "";
  const std::string wanted = lower(range);
  std::string_view subtags = wanted;
  const std::string_view primary = take_part(subtags, '-');
  if (primary == "zh" && !is_simplified(subtags)) return "";
  for (const Language& one : kLanguages) {
    if (one.tag.substr(0, one.tag.find('-')) == primary) return one.tag;
  }
  return "";
}

std::string_view choose_language(std::string_view accept_language,
                                 std::span<const std::string_view> there) {
  std::string_view left = accept_language.substr(0, kMaxHeader);
  std::string_view best;
  int best_weight = 0;
  for (size_t i = 0; i < kMaxRanges && !left.empty(); ++i) {
    std::string_view parameters = take_part(left, ',');
    const std::string_view range = trimmed(take_part(parameters, ';'));
    const std::string_view tag = match_language(range);
    if (std::find(there.begin(), there.end(), tag) == there.end()) continue;
    const int weight = weight_of(parameters);
    if (weight <= best_weight) continue;
    best = tag;
    best_weight = weight;
  }
  return best;
}

Result<std::string> parse_locale(std::string_view text) {
  if (text.empty()) return std::string();
  if (const Language* language = find_language(text)) return std::string(language->tag);
  return Error{ErrorCode::invalid,
               "A locale is one of " + joined(kLanguages, ", ", &Language::tag) + ".", "locale"};
}

std::string_view word_of(Plural category) {
  switch (category) {
    case Plural::one: return "one";
    case Plural::few: return "few";
    case Plural::many: return "many";
    case Plural::other: return "other";
  }
  __builtin_unreachable();
}

// CLDR's rules for cardinal numbers without decimals.
Plural plural_of(std::string_view tag, uint64_t count) {
  if (tag == "ja" || tag == "zh-Hans") return Plural::other;
  if (tag == "pl") return polish(count);
  const bool has_many = tag == "fr" || tag == "es" || tag == "it" || tag == "pt-BR";
  if (count == 1 || (count == 0 && (tag == "fr" || tag == "pt-BR"))) return Plural::one;
  return has_many && count != 0 && count % 1000000 == 0 ? Plural::many : Plural::other;
}

std::span<const Plural> plurals_of(std::string_view tag) {
  if (tag == "ja" || tag == "zh-Hans") return kOther;
  if (tag == "pl") return kPolish;
  if (tag == "fr" || tag == "es" || tag == "it" || tag == "pt-BR") return kOneManyOther;
  return kOneOther;
}

}  // namespace authd::config
