#include "auth/passwords/password_policy.h"

#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "auth/passwords/known_passwords.h"
#include "base/encoding.h"
#include "base/normal_form.h"
#include "config/compat.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// zxcvbn's effort grows with the square of the length. A longer password is strong through its
// length, unless it is a repetition, which this prefix shows as well.
constexpr size_t kScoredBytes = 100;

// Which rule, and how to do better.
std::string text_of(PasswordRule rule, uint64_t limit) {
  const std::string number = std::to_string(limit);
  switch (rule) {
    case PasswordRule::not_utf8: return "The password is not valid UTF-8.";
    case PasswordRule::too_short: return "The password needs at least " + number + " characters.";
    case PasswordRule::too_long:
      return "The password has more than " + number + " characters; use a shorter one.";
    case PasswordRule::control_character:
      return "The password contains a control character, such as a line break; leave it out.";
    case PasswordRule::is_name: return "The password must not be the username or the email.";
    case PasswordRule::common:
      return "This password is one of the first that attackers try; choose another one, such as "
             "four words that have nothing to do with each other.";
    case PasswordRule::too_guessable:
      return "The password is too easy to guess; a few unusual words are better.";
    case PasswordRule::listed:
      return "This password is on the list of passwords that are not allowed here; choose another "
             "one, such as four words that have nothing to do with each other.";
    case PasswordRule::pwned:
      return "This password has become known through a breach of some other service; choose one "
             "that you use nowhere else.";
    case PasswordRule::same_as_old:
      return "The account already has this password; choose a different one.";
  }
  __builtin_unreachable();
}

using Words = std::array<const char*, 5>;  // the last element is a null pointer

// The part that the text repeats; the whole text if it repeats nothing.
std::string_view repeated_part(std::string_view text) {
  for (size_t length = 1; length <= text.size() / 2; ++length) {
    if (text.size() % length == 0 && text.substr(length) == text.substr(0, text.size() - length)) {
      return text.substr(0, length);
    }
  }
  return text;
}

// The number of guesses that find the text, in bits. zxcvbn reads forwards and does not notice a
// repeated word; attackers try reversed and repeated words as well.
double guessing_bits(std::string_view text, Words& known) {
  const std::string_view part = repeated_part(text);
  std::string whole(text);
  std::string forwards(part);
  std::string backwards(part.rbegin(), part.rend());
  double bits = std::min(ZxcvbnMatch(forwards.c_str(), known.data(), nullptr),
                         ZxcvbnMatch(backwards.c_str(), known.data(), nullptr));
  if (part.size() < text.size()) {
    bits += std::log2(text.size() / part.size());
    bits = std::min(bits, ZxcvbnMatch(whole.c_str(), known.data(), nullptr));
  }
  for (std::string* copy : {&whole, &forwards, &backwards})
    wipe(*copy);
  return bits;
}

// What people put behind a word that is refused alone: "2024", "123!". Attackers try that next, and
// zxcvbn knows only English words.
std::string_view without_tail(std::string_view text) {
  constexpr size_t kMaxTail = 5;
  constexpr size_t kMinWord = 4;
  for (size_t i = 0; i < kMaxTail && text.size() > kMinWord; ++i) {
    const char last = text.back();
    const bool is_letter = (last >= 'a' && last <= 'z') || static_cast<uint8_t>(last) >= 0x80;
    if (is_letter) break;
    text.remove_suffix(1);
  }
  return text;
}

bool same_name(std::string_view password, std::string_view name) {
  return !name.empty() && tables::fold(password) == tables::fold(name);
}

}  // namespace

std::string_view word_of(PasswordRule rule) {
  switch (rule) {
    case PasswordRule::not_utf8: return "not_utf8";
    case PasswordRule::too_short: return "too_short";
    case PasswordRule::too_long: return "too_long";
    case PasswordRule::control_character: return "control_character";
    case PasswordRule::is_name: return "is_name";
    case PasswordRule::common: return "common";
    case PasswordRule::too_guessable: return "too_guessable";
    case PasswordRule::listed: return "listed";
    case PasswordRule::pwned: return "pwned";
    case PasswordRule::same_as_old: return "same_as_old";
  }
  __builtin_unreachable();
}

Error weak_password(PasswordRule rule, std::string_view field, uint64_t limit) {
  const bool is_old = rule == PasswordRule::same_as_old;
  return Error{.code = ErrorCode::invalid,
               .message = text_of(rule, limit),
               .field = std::string(field),
               .name = is_old ? "password_unchanged" : "weak_password",
               .reason = std::string(word_of(rule)),
               .limit = limit};
}

bool has_own_rules(const config::Config& config, std::string_view client) {
  const auto& apis = config::kCompatApis;
  return config.compat.passwords == config::CompatPasswords::own &&
         std::find(apis.begin(), apis.end(), client) != apis.end();
}

int password_score(const Password& password, std::string_view username, std::string_view email) {
  const std::string user(username);
  const std::string mail(email);
  const std::string local = mail.substr(0, mail.find('@'));
  Words known = {"authd"};
  size_t count = 1;
  for (const std::string* word : {&user, &mail, &local}) {
    if (!word->empty()) known[count++] = word->c_str();
  }
  const double bits = guessing_bits(password.reveal().substr(0, kScoredBytes), known);
  // The scores of the zxcvbn paper (Wheeler 2016, section 5): 10^3, 10^6, 10^8 and 10^10 guesses.
  constexpr std::array<double, 4> kBits = {9.97, 19.93, 26.58, 33.22};
  return static_cast<int>(
      std::count_if(kBits.begin(), kBits.end(), [&](double limit) { return bits >= limit; }));
}

bool is_common_password(const Password& password) {
  const Password folded(tables::fold(password.reveal()));
  const Password word{std::string(without_tail(folded.reveal()))};
  for (const Password* one : {&folded, &word}) {
    if (common_passwords().contains(*one).value_or(false)) return true;
  }
  constexpr double kBits = 13.29;  // log2(10,000)
  Words known = {};
  return guessing_bits(password.reveal().substr(0, kScoredBytes), known) <= kBits;
}

uint64_t min_password_length(const config::Config& config, bool has_factor) {
  constexpr uint64_t kAlone = 15;  // NIST SP 800-63B-4 section 3.1.1.2
  constexpr uint64_t kWithFactor = 8;
  const uint64_t least = config.passwords.min_length;
  if (config.passwords.profile == config::PasswordProfile::standard) return least;
  return std::max(least, has_factor ? kWithFactor : kAlone);
}

Result<void> check_password(const config::Config& config, const Password& password,
                            const PasswordOwner& owner, std::string_view field) {
  using enum PasswordRule;
  if (!is_valid_utf8(password.reveal())) return weak_password(not_utf8, field);
  // In the form that is hashed (crypto/passwords/hasher.h).
  const Password normal(normal_form(password.reveal()));
  const std::string_view text = normal.reveal();
  const size_t length = count_code_points(text);
  const auto& rules = config.passwords;
  const bool has_own = has_own_rules(config, owner.client);
  const uint64_t least = has_own ? rules.min_length : min_password_length(config, owner.has_factor);
  if (length < least) return weak_password(too_short, field, least);
  if (length > rules.max_length) return weak_password(too_long, field, rules.max_length);
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<uint8_t>(c) < 0x20; })) {
    return weak_password(control_character, field);
  }
  const std::string_view email = owner.email;
  if (same_name(text, owner.username) || same_name(text, email) ||
      same_name(text, email.substr(0, email.find('@')))) {
    return weak_password(is_name, field);
  }
  const bool is_refused =
      !has_own && rules.blocklist == config::Blocklist::common && is_common_password(normal);
  if (is_refused) return weak_password(common, field);
  if (rules.min_score > 0 && password_score(normal, owner.username, email) < rules.min_score) {
    return weak_password(too_guessable, field);
  }
  return {};
}

}  // namespace authd::auth
