#include "auth/core/factor.h"

#include <algorithm>

namespace authd::auth {

namespace {

// Stands in "amr" for more than one factor (RFC 8176 section 2).
constexpr std::string_view kSeveral = "mfa";
constexpr std::string_view kVerified = "user";  // by what is in "hwk" or "swk"

}  // namespace

std::string_view word_of(Factor factor) {
  switch (factor) {
    case Factor::password: return "pwd";
    case Factor::code:
    case Factor::app:
    case Factor::recovery_code: return "otp";
    case Factor::provider: return "fed";
    case Factor::device_key: return "hwk";
    case Factor::synced_key: return "swk";
  }
  __builtin_unreachable();
}

bool is_whole_login(Factor factor) {
  return factor == Factor::device_key || factor == Factor::synced_key;
}

std::vector<std::string> amr_of(Factor first) {
  std::vector<std::string> amr = {std::string(word_of(first))};
  if (is_whole_login(first)) amr.insert(amr.end(), {std::string(kVerified), std::string(kSeveral)});
  return amr;
}

std::vector<std::string> amr_of(Factor first, Factor second) {
  return amr_of(amr_of(first), second);
}

std::vector<std::string> amr_of(std::vector<std::string> before, Factor second) {
  // No login begins with an app, so a code that is there came by mail.
  const std::string word(word_of(second));
  const bool is_there = std::find(before.begin(), before.end(), word) != before.end();
  if (second == Factor::code && is_there) return before;
  before.push_back(word);
  before.emplace_back(kSeveral);
  return before;
}

bool is_passkey_login(const std::vector<std::string>& amr) {
  return std::find(amr.begin(), amr.end(), kVerified) != amr.end();
}

std::vector<std::string> without_passkey_login(std::vector<std::string> amr, Factor later) {
  if (std::erase(amr, kVerified) == 0) return amr;
  const std::string word(word_of(later));
  if (std::find(amr.begin(), amr.end(), word) == amr.end()) amr.push_back(word);
  return amr;
}

bool has_second_factor(const std::vector<std::string>& amr) {
  return std::find(amr.begin(), amr.end(), kSeveral) != amr.end();
}

std::string_view word_of(Method method) {
  switch (method) {
    case Method::totp: return "totp";
    case Method::recovery_code: return "recovery_code";
    case Method::email: return "email";
    case Method::passkey: return "passkey";
  }
  __builtin_unreachable();
}

std::vector<std::string> words_of(const Methods& methods) {
  std::vector<std::string> words;
  for (const Method method : methods)
    words.emplace_back(word_of(method));
  return words;
}

bool is_by_email(const Methods& methods) {
  return methods == Methods{Method::email};
}

}  // namespace authd::auth
