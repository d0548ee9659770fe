// Proofs of possession (RFC 9449) as a client makes them, and as it must not.
#pragma once

#include <functional>
#include <string>

#include "auth/oauth/proofs/dpop.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/digest.h"
#include "crypto/jose/signing_key.h"
#include "support/instance.h"

namespace authd::test {

// What a proof says. Members that are empty are left out.
struct ProofText {
  std::string typ = "dpop+jwt";
  std::string alg;  // as in the header
  std::string jwk;  // JSON
  std::string jti = "one";
  std::string htm = "POST";
  std::string htu;
  std::string ath;
  std::string nonce;
  std::string iat;  // JSON
};

// A client's key. The proofs are numbered, so that no two have the same jti.
class ProofKey {
 public:
  explicit ProofKey(crypto::Algorithm algorithm = crypto::Algorithm::es256)
      : key_(crypto::SigningKey::generate(algorithm, random_).value()) {}

  const std::string& jkt() const { return key_.kid(); }
  const crypto::SigningKey& key() const { return key_; }

  // A right one, for POST to the address at that time; `change` makes it another.
  std::string make(const std::string& address, Time now,
                   const std::function<void(ProofText&)>& change = {}) {
    ProofText text;
    text.alg = crypto::name(key_.algorithm());
    text.jwk = key_.public_jwk();
    text.jti = "proof " + std::to_string(++count_);
    text.htu = address;
    text.iat = std::to_string(unix_seconds(now));
    if (change) change(text);
    return written(text);
  }

 private:
  std::string written(const ProofText& text) const {
    const auto add = [](JsonWriter& json, std::string_view name, const std::string& value) {
      if (!value.empty()) json.field(name, value);
    };
    JsonWriter header;
    header.begin_object();
    add(header, "typ", text.typ);
    add(header, "alg", text.alg);
    if (!text.jwk.empty()) header.key("jwk").raw(text.jwk);
    header.end_object();
    JsonWriter claims;
    claims.begin_object();
    add(claims, "jti", text.jti);
    add(claims, "htm", text.htm);
    add(claims, "htu", text.htu);
    add(claims, "ath", text.ath);
    add(claims, "nonce", text.nonce);
    if (!text.iat.empty()) claims.key("iat").raw(text.iat);
    claims.end_object();
    const std::string input =
        base64url_encode(header.text()) + "." + base64url_encode(claims.text());
    return input + "." + base64url_encode(key_.sign(input).value());
  }

  SystemRandom random_;
  crypto::SigningKey key_;
  uint64_t count_ = 0;
};

}  // namespace authd::test
