#include "auth/password_policy.h"

#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/encoding.h"
#include "tables/users.h"

namespace authd::auth {
namespace {

// zxcvbn's effort grows with the square of the length; what is longer than this is strong by length
// unless it is a repetition, which shows within this prefix too.
constexpr size_t kScoredBytes = 100;

Error weak(std::string message, std::string_view field) {
  return Error{ErrorCode::invalid, std::move(message), std::string(field), "weak_password"};
}

bool same_name(std::string_view password, std::string_view name) {
  return !name.empty() && tables::fold(password) == tables::fold(name);
}

}  // namespace

int password_score(const Password& password, std::string_view username, std::string_view email) {
  std::string text(password.reveal().substr(0, kScoredBytes));
  const std::string user(username);
  const std::string mail(email);
  const std::string local = mail.substr(0, mail.find('@'));
  std::array<const char*, 5> known = {"authd", nullptr, nullptr, nullptr, nullptr};
  size_t count = 1;
  for (const std::string* word : {&user, &mail, &local}) {
    if (!word->empty()) known[count++] = word->c_str();
  }
  const double bits = ZxcvbnMatch(text.c_str(), known.data(), nullptr);
  wipe(text);
  // The scores of the zxcvbn paper (Wheeler 2016, section 5): 10^3, 10^6, 10^8 and 10^10 guesses.
  constexpr std::array<double, 4> kBits = {9.97, 19.93, 26.58, 33.22};
  return static_cast<int>(
      std::count_if(kBits.begin(), kBits.end(), [&](double limit) { return bits >= limit; }));
}

Result<void> check_password(const config::Config& config, const Password& password,
                            std::string_view username, std::string_view email,
                            std::string_view field) {
  const std::string_view text = password.reveal();
  if (!is_valid_utf8(text)) return weak("The password is not valid UTF-8.", field);
  const size_t length = count_code_points(text);
  const auto& rules = config.passwords;
  if (length < rules.min_length) {
    return weak("The password needs at least " + std::to_string(rules.min_length) + " characters.",
                field);
  }
  if (length > rules.max_length) {
    return weak("The password has more than " + std::to_string(rules.max_length) + " characters.",
                field);
  }
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<uint8_t>(c) < 0x20; })) {
    return weak("The password holds a control character.", field);
  }
  if (same_name(text, username) || same_name(text, email) ||
      same_name(text, email.substr(0, email.find('@')))) {
    return weak("The password is the name of the account.", field);
  }
  if (rules.min_score > 0 && password_score(password, username, email) < rules.min_score) {
    return weak("The password is too easy to guess; a few unusual words are better.", field);
  }
  return {};
}

}  // namespace authd::auth
