// An authenticator and a browser in software, which lie as a test tells them: every part of a
// response can be replaced before it is put together and signed, so one thing is wrong and
// everything else is right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/accounts/passkeys/passkey_response.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "crypto/jose/signing_key.h"

namespace authd::test {

// A writer of CBOR that sorts and checks nothing.
namespace cbor {

using Members = std::vector<std::pair<std::string, std::string>>;  // both encoded

inline std::string head(uint8_t major, uint64_t argument) {
  const auto type = static_cast<uint8_t>(major << 5);
  if (argument < 24) return std::string(1, static_cast<char>(type | argument));
  int size = 0;  // as a power of two
  while (size < 3 && argument >> (8 << size) != 0)
    ++size;
  std::string out(1, static_cast<char>(type | (24 + size)));
  for (int i = (1 << size) - 1; i >= 0; --i)
    out += static_cast<char>(argument >> (8 * i));
  return out;
}
inline std::string integer(int64_t number) {
  return number >= 0 ? head(0, static_cast<uint64_t>(number))
                     : head(1, static_cast<uint64_t>(-1 - number));
}
inline std::string bytes(std::string_view bytes) {
  return head(2, bytes.size()) + std::string(bytes);
}
inline std::string text(std::string_view text) {
  return head(3, text.size()) + std::string(text);
}
inline std::string array(const std::vector<std::string>& items) {
  std::string out = head(4, items.size());
  for (const std::string& item : items)
    out += item;
  return out;
}
inline std::string map(const Members& members) {
  std::string out = head(5, members.size());
  for (const auto& [key, value] : members)
    out += key + value;
  return out;
}
inline std::string boolean(bool value) {
  return value ? "\xf5" : "\xf4";
}

}  // namespace cbor

// A signature of r and s in DER, as ES256 authenticators write it.
inline std::string der_of(std::string_view raw) {
  std::string body;
  for (std::string_view number : {raw.substr(0, raw.size() / 2), raw.substr(raw.size() / 2)}) {
    while (number.size() > 1 && number[0] == '\0')
      number.remove_prefix(1);
    const bool is_high = (static_cast<uint8_t>(number[0]) & 0x80) != 0;
    body += '\x02';
    body += static_cast<char>(number.size() + (is_high ? 1 : 0));
    if (is_high) body += '\0';
    body += number;
  }
  return "\x30" + std::string(1, static_cast<char>(body.size())) + body;
}

// The key of a credential.
class CredentialKey {
 public:
  explicit CredentialKey(crypto::Algorithm algorithm) : key_(make(algorithm)) {}

  crypto::Algorithm algorithm() const { return key_.algorithm(); }

  // A member of the public key, raw: "x", "y", "n", "e".
  std::string member(std::string_view name) const {
    const auto jwk = JsonObject::parse(key_.public_jwk());
    return base64url_decode(jwk.value().string(name).value()).value();
  }

  int64_t cose_algorithm() const {
    if (algorithm() == crypto::Algorithm::es256) return -7;
    return algorithm() == crypto::Algorithm::eddsa ? -8 : -257;
  }

  cbor::Members cose_members() const {
    using cbor::bytes;
    using cbor::integer;
    const std::string alg = integer(cose_algorithm());
    if (algorithm() == crypto::Algorithm::es256) {
      return {{integer(1), integer(2)},
              {integer(3), alg},
              {integer(-1), integer(1)},
              {integer(-2), bytes(member("x"))},
              {integer(-3), bytes(member("y"))}};
    }
    if (algorithm() == crypto::Algorithm::eddsa) {
      return {{integer(1), integer(1)},
              {integer(3), alg},
              {integer(-1), integer(6)},
              {integer(-2), bytes(member("x"))}};
    }
    return {{integer(1), integer(3)},
            {integer(3), alg},
            {integer(-1), bytes(member("n"))},
            {integer(-2), bytes(member("e"))}};
  }
  std::string cose() const { return cbor::map(cose_members()); }

  std::string sign(std::string_view input) const {
    const std::string signature = key_.sign(input).value();
    return algorithm() == crypto::Algorithm::es256 ? der_of(signature) : signature;
  }

 private:
  static crypto::SigningKey make(crypto::Algorithm algorithm) {
    SystemRandom random;
    return crypto::SigningKey::generate(algorithm, random).value();
  }

  crypto::SigningKey key_;
};

// The flags of authenticator data.
inline constexpr uint8_t kUp = 0x01;
inline constexpr uint8_t kUv = 0x04;
inline constexpr uint8_t kBe = 0x08;
inline constexpr uint8_t kBs = 0x10;
inline constexpr uint8_t kAt = 0x40;
inline constexpr uint8_t kEd = 0x80;

// What a browser writes. `more` is further members, as JSON with a comma before each.
struct ClientDataParts {
  std::string type;
  std::string challenge = "the challenge";
  std::string origin = "https://example.org";
  std::string cross_origin = "false";
  std::string more = {};
  std::optional<std::string> whole = {};  // instead of all the others

  std::string json() const {
    if (whole) return *whole;
    return R"({"type":")" + type + R"(","challenge":")" + base64url_encode(challenge) +
           R"(","origin":")" + origin + R"(","crossOrigin":)" + cross_origin + more + "}";
  }
};

struct AuthenticatorDataParts {
  std::string rp_id = "example.org";
  uint8_t flags = kUp | kUv;
  uint32_t sign_count = 0;
  // The credential, if there is one.
  std::string aaguid = std::string(16, 'a');
  std::string id = std::string(32, 'i');
  std::optional<uint16_t> id_size = {};  // another one than the id's
  std::string key = {};
  std::string extensions = {};
  std::string tail = {};
  std::optional<std::string> whole = {};

  std::string bytes() const {
    if (whole) return *whole;
    std::string out = crypto::sha256(rp_id) + static_cast<char>(flags);
    for (int shift = 24; shift >= 0; shift -= 8)
      out += static_cast<char>(sign_count >> shift);
    if (!key.empty()) {
      const uint16_t size = id_size.value_or(static_cast<uint16_t>(id.size()));
      out += aaguid;
      out += static_cast<char>(size >> 8);
      out += static_cast<char>(size);
      out += id + key;
    }
    return out + extensions + tail;
  }
};

// A registration, with everything right for `key`.
struct RegistrationParts {
  explicit RegistrationParts(const CredentialKey& key) {
    client.type = "webauthn.create";
    data.flags |= kAt;
    data.key = key.cose();
  }

  // With self attestation; call it last, since it signs.
  void attest(const CredentialKey& key) {
    const std::string signature = key.sign(data.bytes() + crypto::sha256(client.json()));
    format = "packed";
    statement = {{cbor::text("alg"), cbor::integer(key.cose_algorithm())},
                 {cbor::text("sig"), cbor::bytes(signature)}};
  }

  std::string attestation_object() const {
    return cbor::map({{cbor::text("fmt"), cbor::text(format)},
                      {cbor::text("attStmt"), cbor::map(statement)},
                      {cbor::text("authData"), cbor::bytes(data.bytes())}}) +
           tail;
  }

  auth::RegistrationResponse response() const {
    auth::RegistrationResponse made;
    made.credential_id = data.id;
    made.client_data_json = client.json();
    made.attestation_object = whole.value_or(attestation_object());
    made.transports = {"internal"};
    return made;
  }

  ClientDataParts client;
  AuthenticatorDataParts data;
  std::string format = "none";
  cbor::Members statement;
  std::string tail;
  std::optional<std::string> whole;
};

struct AssertionParts {
  AssertionParts() { client.type = "webauthn.get"; }

  auth::AssertionResponse response(const CredentialKey& key) const {
    auth::AssertionResponse made;
    made.credential_id = data.id;
    made.client_data_json = client.json();
    made.authenticator_data = data.bytes();
    made.signature = key.sign(made.authenticator_data + crypto::sha256(made.client_data_json));
    made.user_handle = user_handle;
    return made;
  }

  ClientDataParts client;
  AuthenticatorDataParts data;
  std::optional<std::string> user_handle = "the handle";
};

}  // namespace authd::test
