#include "base/idn.h"

#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/text.h"

namespace authd {
namespace {

constexpr std::string_view kPrefix = "xn--";
constexpr size_t kMaxLabel = 63;

using CodePoints = std::u32string;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// Of well-formed UTF-8.
CodePoints code_points_of(std::string_view text) {
  CodePoints points;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<uint8_t>(text[i]);
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    char32_t point = size == 1 ? first : first & (0xff >> (size + 1));
    for (size_t k = 1; k < size; ++k)
      point = point << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3f);
    points += point;
    i += size;
  }
  return points;
}

// nullopt for what UTF-8 cannot have.
std::optional<std::string> utf8_of(const CodePoints& points) {
  std::string text;
  for (const char32_t point : points) {
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return std::nullopt;
    const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
    const int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
    add(kLead[more] | point >> (6 * more));
    for (int k = more - 1; k >= 0; --k)
      add(0x80 | (point >> (6 * k) & 0x3f));
  }
  return text;
}

char32_t lowered(char32_t c) {
  if (c < 0x80) return static_cast<char32_t>(lower(static_cast<char>(c)));
  if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
      (c >= 0x410 && c <= 0x42f)) {
    return c + 0x20;
  }
  if (c >= 0x400 && c <= 0x40f) return c + 0x50;
  const bool is_even_capital = (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) ||
                               (c >= 0x14a && c <= 0x177) || (c >= 0x218 && c <= 0x21b);
  const bool is_odd_capital = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
  if (is_even_capital) return c | 1;
  if (is_odd_capital && c % 2 == 1) return c + 1;
  return c;
}

// RFC 3492 section 5.
constexpr uint32_t kBase = 36;
constexpr uint32_t kTMin = 1;
constexpr uint32_t kTMax = 26;
constexpr uint32_t kFirstBias = 72;
constexpr uint32_t kFirstCode = 128;

// Section 6.1.
uint32_t adapted(uint32_t delta, uint32_t count, bool is_first) {
  constexpr uint32_t kSkew = 38;
  constexpr uint32_t kDamp = 700;
  delta = is_first ? delta / kDamp : delta / 2;
  delta += delta / count;
  uint32_t k = 0;
  for (; delta > (kBase - kTMin) * kTMax / 2; k += kBase)
    delta /= kBase - kTMin;
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

uint32_t threshold(uint32_t k, uint32_t bias) {
  return k <= bias ? kTMin : std::min(k - bias, kTMax);
}

char digit_of(uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

// Section 6.3; a label has few code points, so nothing overflows.
std::string punycode(const CodePoints& label) {
  std::string out;
  for (const char32_t c : label) {
    if (c < kFirstCode) out += static_cast<char>(c);
  }
  const auto basic = static_cast<uint32_t>(out.size());
  uint32_t handled = basic;
  if (basic > 0) out += '-';
  uint32_t code = kFirstCode;
  uint32_t delta = 0;
  uint32_t bias = kFirstBias;
  while (handled < label.size()) {
    char32_t next = 0x10ffff;
    for (const char32_t c : label) {
      if (c >= code) next = std::min(next, c);
    }
    delta += (static_cast<uint32_t>(next) - code) * (handled + 1);
    code = static_cast<uint32_t>(next);
    for (const char32_t c : label) {
      if (c < code) ++delta;
      if (c != code) continue;
      uint32_t rest = delta;
      for (uint32_t k = kBase;; k += kBase) {
        const uint32_t t = threshold(k, bias);
        if (rest < t) break;
        out += digit_of(t + (rest - t) % (kBase - t));
        rest = (rest - t) / (kBase - t);
      }
      out += digit_of(rest);
      bias = adapted(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++code;
  }
  return out;
}

// Section 6.2; nullopt for a text that is not Punycode.
std::optional<CodePoints> unpunycode(std::string_view text) {
  CodePoints out;
  const size_t dash = text.rfind('-');
  if (dash != std::string_view::npos) {
    out = code_points_of(text.substr(0, dash));
    text.remove_prefix(dash + 1);
  }
  uint64_t code = kFirstCode;
  uint64_t at = 0;
  uint32_t bias = kFirstBias;
  while (!text.empty()) {
    const uint64_t before = at;
    uint64_t weight = 1;
    for (uint32_t k = kBase;; k += kBase) {
      if (text.empty()) return std::nullopt;
      const char c = text.front();
      text.remove_prefix(1);
      const bool is_letter = c >= 'a' && c <= 'z';
      if (!is_letter && !is_digit(c)) return std::nullopt;
      const auto digit = static_cast<uint32_t>(is_letter ? c - 'a' : c - '0' + 26);
      at += digit * weight;
      const uint32_t t = threshold(k, bias);
      if (digit < t) break;
      weight *= kBase - t;
      if (at > UINT32_MAX || weight > UINT32_MAX) return std::nullopt;
    }
    const uint64_t count = out.size() + 1;
    bias = adapted(static_cast<uint32_t>(at - before), static_cast<uint32_t>(count), before == 0);
    code += at / count;
    at %= count;
    if (code > 0x10ffff) return std::nullopt;
    out.insert(static_cast<size_t>(at), 1, static_cast<char32_t>(code));
    ++at;
  }
  return out;
}

// Calls `convert` for each label, and joins what it returns.
template <typename Convert>
std::optional<std::string> by_label(std::string_view domain, Convert convert) {
  std::string all;
  while (true) {
    const size_t dot = domain.find('.');
    const std::optional<std::string> label = convert(domain.substr(0, dot));
    if (!label) return std::nullopt;
    all += *label;
    if (dot == std::string_view::npos) return all;
    all += '.';
    domain.remove_prefix(dot + 1);
  }
}

std::optional<std::string> label_to_ascii(std::string_view label) {
  if (is_ascii(label)) return std::string(label);
  // A longer one does not get shorter.
  if (label.size() > 4 * kMaxLabel) return std::nullopt;
  CodePoints points = code_points_of(label);
  std::transform(points.begin(), points.end(), points.begin(), &lowered);
  const std::string encoded = std::string(kPrefix) + punycode(points);
  return encoded.size() <= kMaxLabel ? std::optional(encoded) : std::nullopt;
}

std::string label_to_unicode(std::string_view label) {
  const std::string small = lower(label);
  if (!small.starts_with(kPrefix) || small.size() > kMaxLabel) return std::string(label);
  const auto points = unpunycode(std::string_view(small).substr(kPrefix.size()));
  const auto text = points ? utf8_of(*points) : std::nullopt;
  // Only one form of each: what would be encoded in another way is not decoded.
  const bool is_good =
      text && !is_ascii(*text) && !has_control(*text) && label_to_ascii(*text) == small;
  return is_good ? *text : std::string(label);
}

}  // namespace

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  if (!is_valid_utf8(domain)) return std::nullopt;
  return by_label(domain, &label_to_ascii);
}

std::string domain_to_unicode(std::string_view domain) {
  const auto convert = [](std::string_view label) {
    return std::optional(label_to_unicode(label));
  };
  return by_label(domain, convert).value_or(std::string(domain));
}

std::string address_to_ascii(std::string_view address) {
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::string(address);
  const auto domain = domain_to_ascii(address.substr(at + 1));
  return domain ? std::string(address.substr(0, at + 1)) + *domain : std::string(address);
}

std::optional<std::string> other_form_of_address(std::string_view address) {
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view domain = address.substr(at + 1);
  const std::string local(address.substr(0, at + 1));
  if (!is_ascii(domain)) {
    const auto ascii = domain_to_ascii(domain);
    return ascii ? std::optional(local + *ascii) : std::nullopt;
  }
  const std::string unicode = domain_to_unicode(domain);
  return unicode != domain ? std::optional(local + unicode) : std::nullopt;
}

}  // namespace authd
