#include "auth/upkeep/transfer/records/firebase.h"

#include <algorithm>

#include "base/text.h"

namespace authd::auth::transfer {
namespace {

constexpr std::string_view kMark = "firebase:";

// The word after "name:".
std::string_view word_after(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text = trimmed(text.substr(at + name.size()), " \t\r\n:\"'");
  return text.substr(0, text.find_first_of(" ,\t\r\n\"'}"));
}

// Some tools write the variant for URLs.
std::string standard_base64(std::string_view text) {
  std::string base64(text);
  std::replace(base64.begin(), base64.end(), '-', '+');
  std::replace(base64.begin(), base64.end(), '_', '/');
  base64.append((4 - base64.size() % 4) % 4, '=');
  return base64;
}

}  // namespace

Result<FirebaseHashConfig> parse_firebase_config(std::string_view text) {
  FirebaseHashConfig config;
  config.signer_key = standard_base64(word_after(text, "base64_signer_key"));
  config.salt_separator = standard_base64(word_after(text, "base64_salt_separator"));
  config.rounds = parse_unsigned(word_after(text, "rounds")).value_or(0);
  config.mem_cost = parse_unsigned(word_after(text, "mem_cost")).value_or(0);
  if (word_after(text, "algorithm") == "SCRYPT" && !config.signer_key.empty() &&
      config.rounds > 0 && config.mem_cost > 0) {
    return config;
  }
  return Error{ErrorCode::invalid,
               "the parameters of Firebase's password hashes need algorithm: SCRYPT, "
               "base64_signer_key, base64_salt_separator, rounds and mem_cost, as its console "
               "shows them"};
}

std::string firebase_hash(std::string_view salt, std::string_view hash) {
  return std::string(kMark) + standard_base64(salt) + ":" + standard_base64(hash);
}

bool is_firebase_hash(std::string_view hash) {
  return hash.starts_with(kMark);
}

std::string with_firebase_config(const std::string& hash, const FirebaseHashConfig& config) {
  if (!is_firebase_hash(hash)) return hash;
  const std::string_view both = std::string_view(hash).substr(kMark.size());
  const size_t colon = both.find(':');
  return "$fbscrypt$v=1,n=" + std::to_string(config.mem_cost) +
         ",r=" + std::to_string(config.rounds) + ",p=1,ss=" + config.salt_separator +
         ",sk=" + config.signer_key + "$" + std::string(both.substr(0, colon)) + "$" +
         std::string(both.substr(colon + 1));
}

}  // namespace authd::auth::transfer
