// Password hashes of Firebase. Its export has a salt and a hash for each account; the parameters of
// the project, and a key without which nothing can be verified, are shown in the console
// ("Password hash parameters").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace authd::auth::transfer {

struct FirebaseHashConfig {
  std::string signer_key;      // base64
  std::string salt_separator;  // base64
  uint64_t rounds = 0;
  uint64_t mem_cost = 0;
};

// From the text that the console shows: hash_config { algorithm: SCRYPT, base64_signer_key: …, … }.
// Error: `invalid`.
Result<FirebaseHashConfig> parse_firebase_config(std::string_view text);

// What a reader passes on before the parameters are known, and what becomes of it with them (the
// form of crypto/passwords/password_hash.h). Other hashes stay as they are.
std::string firebase_hash(std::string_view salt, std::string_view hash);
std::string with_firebase_config(const std::string& hash, const FirebaseHashConfig& config);
bool is_firebase_hash(std::string_view hash);

}  // namespace authd::auth::transfer
