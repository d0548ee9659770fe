#include "crypto/webauthn/cose_key.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "crypto/webauthn/cbor.h"

namespace authd::crypto {
namespace {

// RFC 9052 section 7.1.
constexpr int64_t kType = 1;
constexpr int64_t kAlgorithm = 3;
// RFC 9053 sections 7.1 and 7.2, RFC 8230 section 4. The private parts are further labels.
constexpr int64_t kCurve = -1;
constexpr int64_t kX = -2;
constexpr int64_t kY = -3;
constexpr int64_t kModulus = -1;
constexpr int64_t kExponent = -2;

constexpr int64_t kOkp = 1;
constexpr int64_t kEc2 = 2;
constexpr int64_t kRsa = 3;
constexpr int64_t kP256 = 1;
constexpr int64_t kEd25519 = 6;

constexpr size_t kCoordinateBytes = 32;
constexpr std::string_view kF4("\x01\x00\x01", 3);  // 65537

// The member, if it is a byte string of that size (0: of any size but none).
std::optional<std::string_view> bytes_at(const CborValue& map, int64_t label, size_t size = 0) {
  const CborValue* member = map.find(label);
  const auto bytes = member == nullptr ? std::nullopt : member->bytes();
  if (!bytes || bytes->empty() || (size != 0 && bytes->size() != size)) return std::nullopt;
  return bytes;
}

bool is_at(const CborValue& map, int64_t label, int64_t number) {
  const CborValue* member = map.find(label);
  return member != nullptr && member->integer() == number;
}

bool has_only(const CborValue& map, std::initializer_list<int64_t> labels) {
  const auto is_there = [&](int64_t label) { return map.find(label) != nullptr; };
  return map.map()->size() == labels.size() && std::all_of(labels.begin(), labels.end(), is_there);
}

// A JWK says the same in other words, so one function judges all keys of others.
Checked<SigningKey> judged(JsonWriter& json, Algorithm algorithm) {
  json.field("alg", name(algorithm)).end_object();
  Result<SigningKey> key = SigningKey::verifier_from_public_jwk(json.text());
  if (!key) return WebauthnRefusal::unsafe_key;
  return std::move(*key);
}

// Two coordinates of full length: a boolean instead of y would be the compressed form.
Checked<SigningKey> ec_key(const CborValue& map) {
  const auto x = bytes_at(map, kX, kCoordinateBytes);
  const auto y = bytes_at(map, kY, kCoordinateBytes);
  if (!has_only(map, {kType, kAlgorithm, kCurve, kX, kY}) || !is_at(map, kType, kEc2) ||
      !is_at(map, kCurve, kP256) || !x || !y) {
    return WebauthnRefusal::malformed_key;
  }
  JsonWriter json;
  json.begin_object().field("kty", "EC").field("crv", "P-256");
  json.field("x", base64url_encode(*x)).field("y", base64url_encode(*y));
  return judged(json, Algorithm::es256);
}

Checked<SigningKey> okp_key(const CborValue& map) {
  const auto x = bytes_at(map, kX, kCoordinateBytes);
  if (!has_only(map, {kType, kAlgorithm, kCurve, kX}) || !is_at(map, kType, kOkp) ||
      !is_at(map, kCurve, kEd25519) || !x) {
    return WebauthnRefusal::malformed_key;
  }
  JsonWriter json;
  json.begin_object().field("kty", "OKP").field("crv", "Ed25519").field("x", base64url_encode(*x));
  return judged(json, Algorithm::eddsa);
}

// RFC 8230 section 4: the numbers have no zeros in front.
Checked<SigningKey> rsa_key(const CborValue& map) {
  const auto n = bytes_at(map, kModulus);
  const auto e = bytes_at(map, kExponent);
  if (!has_only(map, {kType, kAlgorithm, kModulus, kExponent}) || !is_at(map, kType, kRsa) || !n ||
      !e || n->front() == '\0' || e->front() == '\0') {
    return WebauthnRefusal::malformed_key;
  }
  if (*e != kF4) return WebauthnRefusal::unsafe_key;
  JsonWriter json;
  json.begin_object().field("kty", "RSA");
  json.field("n", base64url_encode(*n)).field("e", base64url_encode(*e));
  return judged(json, Algorithm::rs256);
}

Checked<SigningKey> key_of(const CborValue& map) {
  const CborValue* label = map.find(kAlgorithm);
  const auto id = label == nullptr ? std::nullopt : label->integer();
  if (map.map() == nullptr || !id) return WebauthnRefusal::malformed_key;
  const auto* const known =
      std::find_if(kCoseAlgorithms.begin(), kCoseAlgorithms.end(),
                   [&](const CoseAlgorithm& algorithm) { return algorithm.id == *id; });
  if (known == kCoseAlgorithms.end()) return WebauthnRefusal::algorithm_not_accepted;
  switch (traits_of(known->algorithm).family) {
    case Family::ec: return ec_key(map);
    case Family::okp: return okp_key(map);
    case Family::rsa: return rsa_key(map);
    case Family::rsa_pss:
    case Family::hmac: break;  // not in the list
  }
  return WebauthnRefusal::algorithm_not_accepted;
}

// Takes a positive INTEGER from the front of `der` and appends it to `raw`, padded; false if it is
// not one, not in its shortest form or longer than the curve's numbers.
bool take_integer(std::string_view& der, std::string& raw) {
  constexpr char kInteger = 0x02;
  if (der.size() < 3 || der[0] != kInteger) return false;
  const auto size = static_cast<uint8_t>(der[1]);
  if (size == 0 || size > kCoordinateBytes + 1 || der.size() - 2 < size) return false;
  std::string_view number = der.substr(2, size);
  der.remove_prefix(2 + size_t{size});
  const auto is_high = [](char c) { return static_cast<uint8_t>(c) >= 0x80; };
  if (is_high(number[0])) return false;  // negative
  if (number.size() > 1 && number[0] == '\0') {
    if (!is_high(number[1])) return false;  // The zero says nothing.
    number.remove_prefix(1);
  }
  if (number.size() > kCoordinateBytes) return false;
  raw.append(kCoordinateBytes - number.size(), '\0').append(number);
  return true;
}

}  // namespace

std::string raw_from_strict_der(std::string_view der) {
  constexpr char kSequence = 0x30;
  // Two integers of 35 bytes at most: the length is always in one byte.
  if (der.size() < 2 || der[0] != kSequence) return "";
  if (static_cast<uint8_t>(der[1]) >= 0x80 || static_cast<uint8_t>(der[1]) != der.size() - 2) {
    return "";
  }
  der.remove_prefix(2);
  std::string raw;
  if (!take_integer(der, raw) || !take_integer(der, raw) || !der.empty()) return "";
  return raw;
}

Checked<CoseKey> CoseKey::parse_front(std::string_view bytes) {
  const Result<CborFront> front = parse_cbor_front(bytes);
  if (!front) return WebauthnRefusal::malformed_key;
  SigningKey key = TRY_CHECKED(key_of(front->value));
  return CoseKey(std::move(key), std::string(bytes.substr(0, front->length)));
}

Checked<CoseKey> CoseKey::parse(std::string_view bytes) {
  CoseKey key = TRY_CHECKED(parse_front(bytes));
  if (key.bytes_.size() != bytes.size()) return WebauthnRefusal::malformed_key;
  return key;
}

int64_t CoseKey::cose_algorithm() const {
  const auto* const known =
      std::find_if(kCoseAlgorithms.begin(), kCoseAlgorithms.end(),
                   [&](const CoseAlgorithm& row) { return row.algorithm == algorithm(); });
  return known->id;
}

bool CoseKey::verify(std::string_view input, std::string_view signature) const {
  if (algorithm() != Algorithm::es256) return key_.verify(input, signature);
  const std::string raw = raw_from_strict_der(signature);
  return !raw.empty() && key_.verify(input, raw);
}

}  // namespace authd::crypto
