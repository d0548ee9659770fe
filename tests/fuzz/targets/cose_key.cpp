// Public keys of credentials, and signatures of theirs.
#include "crypto/webauthn/cose_key.h"

#include "crypto/webauthn/cbor.h"
#include "support/software_authenticator.h"
#include "target.h"

namespace authd::fuzz {
namespace {

using crypto::Algorithm;
using crypto::CoseKey;

// An accepted key has only public members.
void check_key(const CoseKey& key, std::string_view input) {
  CHECK(input.starts_with(key.bytes()));
  const auto again = CoseKey::parse(key.bytes());
  CHECK(again && again->algorithm() == key.algorithm());
  const auto map = crypto::parse_cbor(key.bytes());
  CHECK(map && map->find(3) != nullptr && map->find(3)->integer() == key.cose_algorithm());
  CHECK(map->map()->size() == (key.algorithm() == Algorithm::es256 ? 5 : 4));
  CHECK(map->find(-4) == nullptr);
  for (const size_t size : {size_t{0}, size_t{64}, size_t{256}})
    CHECK(!key.verify("text", std::string(size, '\0')));
}

// Each pair of numbers has one form in DER.
void check_signature(std::string_view der) {
  const std::string raw = crypto::raw_from_strict_der(der);
  if (raw.empty()) return;
  CHECK(raw.size() == 64 && test::der_of(raw) == der);
}

void check_forged(std::string_view signature) {
  static const test::CredentialKey owner(Algorithm::es256);
  static const CoseKey key = CoseKey::parse(owner.cose()).value();
  static const std::string genuine = owner.sign("text");
  Dice dice(signature);
  const std::string changed = spoiled(genuine, dice);
  // Others can make a second one of the same text; it says nothing new.
  CHECK(key.verify("text", genuine) && !key.verify("another text", changed));
}

}  // namespace

void run(std::string_view input) {
  if (const auto key = CoseKey::parse_front(input)) check_key(*key, input);
  check_signature(input);
  check_forged(input);
}

}  // namespace authd::fuzz
