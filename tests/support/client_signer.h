// A client with a key of its own, which signs what a test wants: assertions and request objects.
#pragma once

#include <map>
#include <string>

#include "base/json_writer.h"
#include "crypto/jose/jwt.h"
#include "support/clients.h"

namespace authd::test {

inline std::string json_text(const std::string& text) {
  JsonWriter json;
  json.value(text);
  return json.take();
}

// Claims by name, as JSON; empty: left out.
using ClaimTexts = std::map<std::string, std::string>;

class ClientSigner {
 public:
  explicit ClientSigner(Instance& t, crypto::Algorithm algorithm = crypto::Algorithm::es256)
      : key_(crypto::SigningKey::generate(algorithm, t.random).value()) {}

  const crypto::SigningKey& key() const { return key_; }
  std::string jwks() const { return "{\"keys\":[" + key_.public_jwk() + "]}"; }

  std::string sign(const ClaimTexts& claims, const std::string& typ = "JWT") const {
    JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : claims) {
      if (!value.empty()) json.key(name).raw(value);
    }
    json.end_object();
    return crypto::sign_jwt(key_, typ, json.text()).value();
  }

 private:
  crypto::SigningKey key_;
};

inline config::Config with_issuer() {
  config::Config config = Instance::default_config();
  config.public_url = "https://auth.test";
  config.tokens.issuer = "https://auth.test";
  return config;
}

// `claims` with these instead of its own.
inline ClaimTexts with(ClaimTexts claims, const ClaimTexts& changes) {
  for (const auto& [name, value] : changes)
    claims[name] = value;
  return claims;
}

}  // namespace authd::test
