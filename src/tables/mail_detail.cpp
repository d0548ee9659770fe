#include "tables/mail_detail.h"

#include <algorithm>
#include <cstdint>

namespace authd::tables {
namespace {

constexpr char kBetweenSentences = '\x1e';  // ASCII's own record and unit separators
constexpr char kBetweenValues = '\x1f';
constexpr size_t kMaxSentences = 8;

std::string plain(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20; }, ' ');
  return out;
}

std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

std::string detail_of(const std::vector<Sentence>& sentences) {
  std::string detail;
  for (const Sentence& sentence : sentences) {
    if (!detail.empty()) detail += kBetweenSentences;
    detail += plain(sentence.word);
    for (const auto& [name, value] : sentence.values)
      detail += kBetweenValues + plain(name) + "=" + plain(value);
  }
  return detail;
}

std::vector<Sentence> sentences_of(std::string_view detail) {
  std::vector<Sentence> sentences;
  while (!detail.empty() && sentences.size() < kMaxSentences) {
    std::string_view one = take_part(detail, kBetweenSentences);
    Sentence sentence{std::string(take_part(one, kBetweenValues))};
    while (!one.empty()) {
      std::string_view value = take_part(one, kBetweenValues);
      const std::string_view name = take_part(value, '=');
      sentence.values.emplace_back(name, value);
    }
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

}  // namespace authd::tables
