// Secrets at rest, sealed with XChaCha20-Poly1305 under a master key. The master key is in a file
// beside the database (or where systemd or the configuration says), never in the database
// (master_keys.h). A copy of the database without that file reveals no key. A sealed value names
// the key that opens it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace authd::crypto {

class MasterKey {
 public:
  static constexpr size_t kBytes = 32;

  // `bytes` are kBytes of raw key.
  explicit MasterKey(SecretKey bytes);

  static MasterKey generate(Random& random);

  // Its line in the file, "authd-master-key-v1:<base64url>" with the end of the line, and its
  // inverse, without it (nullopt: not a master key).
  SecretKey line() const;
  static std::optional<MasterKey> parse(std::string_view line);

  // `context` names the place of the sealed value ("signing_key/<kid>") and is authenticated: a
  // sealed value that is moved to another row does not open there.
  std::string seal(std::string_view plaintext, std::string_view context, Random& random) const;
  // nullopt for anything that this key did not seal for this context.
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

  // Eight hex digits that name the key without revealing it.
  const std::string& id() const { return id_; }
  // The id of the key that sealed the value; empty when it is not a sealed value.
  static std::string id_of(std::string_view sealed);

 private:
  SecretKey key_;
  std::string id_;
};

}  // namespace authd::crypto
