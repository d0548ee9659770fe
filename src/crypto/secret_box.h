// Secrets at rest: sealed with XChaCha20-Poly1305 under the master key, which lives in a file
// beside the database (or where systemd or the configuration says), never in it. A copy of the
// database without that file shows no key.
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

  // Reads the file, one line "authd-master-key-v1:<base64url>". Errors: `not_found`; `invalid` when
  // it is no master key; `forbidden` when others can read it. Its group may read it when another
  // user owns it (root:authd 0640, systemd credentials), and everybody below /run/secrets/.
  static Result<MasterKey> load(const std::string& path);

  // The same, but makes the file (mode 0600, durable) when there is none. Two processes at once end
  // with the same key.
  static Result<MasterKey> load_or_create(const std::string& path, Random& random);

  // What stands in the file, and its inverse (nullopt: no master key).
  SecretKey line() const;
  static std::optional<MasterKey> parse(std::string_view line);

  // `context` names the place of the sealed value ("signing_key/<kid>") and is authenticated: a
  // sealed value that is moved to another row does not open there.
  std::string seal(std::string_view plaintext, std::string_view context, Random& random) const;
  // nullopt for whatever was not sealed by this key for this context.
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

  // Eight hex digits that name the key without telling it.
  std::string id() const;

 private:
  SecretKey key_;
};

}  // namespace authd::crypto
