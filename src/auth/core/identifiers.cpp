#include "auth/core/identifiers.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/idn.h"
#include "base/text.h"
#include "tables/rows/names.h"

namespace authd::auth {
namespace {

constexpr size_t kMaxUsername = 64;
constexpr size_t kMaxEmail = 254;     // RFC 5321 section 4.5.3.1.3, without the angle brackets
constexpr size_t kMaxLocalPart = 64;  // RFC 5321 section 4.5.3.1.1
constexpr size_t kMaxLabel = 63;      // RFC 1035 section 2.3.4
constexpr size_t kMaxPersonName = 100;
constexpr size_t kMinPhoneDigits = 8;
constexpr size_t kMaxPhoneDigits = 15;  // ITU-T E.164 section 6
constexpr size_t kMaxPhone = 40;        // as typed

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_non_ascii(char c) {
  return static_cast<uint8_t>(c) >= 0x80;
}

bool is_domain(std::string_view domain) {
  size_t labels = 0;
  while (true) {
    const size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabel) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || is_non_ascii(c); })) {
      return false;
    }
    labels += 1;
    if (dot == std::string_view::npos) return labels >= 2;
    domain.remove_prefix(dot + 1);
  }
}

// dot-atom (RFC 5322 section 3.2.3), with UTF-8 (RFC 6532 section 3.2).
bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || is_non_ascii(c) ||
           std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<std::string> parse_username(std::string_view text) {
  const bool shaped =
      !text.empty() && text.size() <= kMaxUsername && text.front() != '.' && text.front() != '-' &&
      text.back() != '.' && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || std::string_view("._-+").find(c) != std::string_view::npos;
      });
  if (!shaped) {
    return Error{
        ErrorCode::invalid,
        "A username has 1 to 64 of the letters a-z, digits and . _ - +, does not begin with "
        "a dot or a dash, and does not end with a dot.",
        "username"};
  }
  return std::string(text);
}

namespace {

Error not_an_email() {
  return Error{ErrorCode::invalid, "This is not an email address (name@example.org).", "email"};
}

}  // namespace

Result<std::string> parse_email(std::string_view text) {
  const size_t at = text.rfind('@');
  const bool shaped = text.size() <= kMaxEmail && at != std::string_view::npos &&
                      at <= kMaxLocalPart && is_valid_utf8(text) && !has_control(text) &&
                      is_dot_atom(text.substr(0, at)) && is_domain(text.substr(at + 1));
  if (!shaped) {
    return not_an_email();
  }
  const std::string_view domain = text.substr(at + 1);
  if (std::none_of(domain.begin(), domain.end(), &is_non_ascii)) return std::string(text);
  const std::optional<std::string> ascii = domain_to_ascii(domain);
  if (!ascii) return not_an_email();
  std::string address = std::string(text.substr(0, at + 1)) + domain_to_unicode(*ascii);
  if (address.size() > kMaxEmail) return not_an_email();
  return address;
}

std::string folded_login(std::string_view typed) {
  return tables::fold(address_to_ascii(trimmed(typed)));
}

Result<std::string> parse_person_name(std::string_view text, std::string_view field) {
  if (!is_valid_utf8(text) || count_code_points(text) > kMaxPersonName || has_control(text)) {
    return Error{ErrorCode::invalid, "A name has at most 100 characters and no control characters.",
                 std::string(field)};
  }
  return std::string(text);
}

Result<std::string> parse_phone_number(std::string_view text) {
  if (text.empty()) return std::string();
  std::string digits;
  bool shaped = text.size() <= kMaxPhone && text.starts_with('+') &&
                text.find("(0)") == std::string_view::npos;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (std::string_view(" .-()").find(c) == std::string_view::npos) {
      shaped = false;
    }
  }
  if (!shaped || digits.size() < kMinPhoneDigits || digits.size() > kMaxPhoneDigits ||
      digits.front() == '0') {
    return Error{ErrorCode::invalid,
                 "A phone number begins with + and the country code, and has 8 to 15 digits, such "
                 "as +49 30 123456.",
                 "phone_number"};
  }
  return "+" + digits;
}

}  // namespace authd::auth
