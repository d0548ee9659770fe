// The rows of passkeys (Web Authentication). The rules of rows.h hold.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace authd::tables {

// A credential of a user at an authenticator. Its public key is no secret.
struct Passkey {
  UserId user;
  std::string id_hash;     // SHA-256 of the credential id, which may be longer than a key
  std::string id;          // credential id, 16 to 1023 bytes
  std::string public_key;  // a COSE key (crypto/webauthn/cose_key.h)
  std::string algorithm;   // of the key: "ES256", "EdDSA", "RS256"
  uint64_t sign_count = 0;
  bool backup_eligible = false;  // fixed when it was made
  bool backed_up = false;
  // The person was verified when it was made. Otherwise it never becomes a whole login by itself.
  bool uv_initialized = false;
  bool is_discoverable = false;  // by the browser's word
  std::vector<std::string> transports;
  std::string aaguid;  // 16 bytes: the model of the authenticator, by its own word
  std::string rp_id;   // for which it was made; it works for no other
  std::string name;    // for people
  Time created_at;
  Time last_used;
  uint64_t way_epoch = 0;  // of the user's passkeys or second factors (auth/core/ways.h)
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "user", self.user);
    visit(2, "id_hash", self.id_hash);
    visit(3, "id", self.id);
    visit(4, "public_key", self.public_key);
    visit(5, "algorithm", self.algorithm);
    visit(6, "sign_count", self.sign_count);
    visit(7, "backup_eligible", self.backup_eligible);
    visit(8, "backed_up", self.backed_up);
    visit(9, "uv_initialized", self.uv_initialized);
    visit(10, "is_discoverable", self.is_discoverable);
    visit(11, "transports", self.transports);
    visit(12, "aaguid", self.aaguid);
    visit(13, "rp_id", self.rp_id);
    visit(14, "name", self.name);
    visit(15, "created_at", self.created_at);
    visit(16, "last_used", self.last_used);
    visit(17, "way_epoch", self.way_epoch);
  }
};

// The mark of a challenge that was answered, or of the id of a passkey that seems to be stored:
// until its end it works for nobody else.
struct UsedChallenge {
  Time expires_at;
  std::string unknown;

  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "expires_at", self.expires_at);
  }
};

}  // namespace authd::tables
