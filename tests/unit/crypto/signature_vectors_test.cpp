// Signatures that are nearly right: numbers out of range, in other forms and of other lengths, and
// paddings of RSA that say more or less than they must. What is good comes first in each test, so
// that a vector that is wrong by itself is found out.
#include <algorithm>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "crypto/jose/jwt.h"
#include "signature_vectors.h"

using namespace authd;
using namespace authd::crypto;
using namespace authd::test;

namespace {

std::string bytes(const std::string& hex) {
  return hex_decode(hex).value();
}

// Of two big-endian numbers of one length; a carry must not be left.
std::string sum(const std::string& a, const std::string& b) {
  std::string out(a.size(), '\0');
  unsigned carry = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const unsigned digit = static_cast<uint8_t>(a[i]) + static_cast<uint8_t>(b[i]) + carry;
    out[i] = static_cast<char>(digit & 0xff);
    carry = digit >> 8;
  }
  REQUIRE(carry == 0);
  return out;
}

std::string difference(const std::string& a, const std::string& b) {
  std::string out(a.size(), '\0');
  int borrow = 0;
  for (size_t i = a.size(); i-- > 0;) {
    int digit = static_cast<uint8_t>(a[i]) - static_cast<uint8_t>(b[i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[i] = static_cast<char>(digit + 256 * borrow);
  }
  REQUIRE(borrow == 0);
  return out;
}

std::string reversed(std::string text) {
  std::reverse(text.begin(), text.end());
  return text;
}

std::string without_zeros(std::string number) {
  return number.erase(0, std::min(number.find_first_not_of('\0'), number.size() - 1));
}

SigningKey key_of(const std::string& jwk) {
  auto key = SigningKey::from_public_jwk(jwk);
  REQUIRE(key);
  return std::move(*key);
}

SigningKey key_of(const CurveVector& vector) {
  return key_of(R"({"kty":"EC","crv":")" + std::string(vector.curve) + R"(","x":")" + vector.x +
                R"(","y":")" + vector.y + "\"}");
}

SigningKey rsa_key(const std::string& alg) {
  return key_of(R"({"kty":"RSA","e":"AQAB","alg":")" + alg + R"(","n":")" + kRsaModulus + "\"}");
}

// A length of DER (X.690 section 8.1.3).
std::string length_of(size_t length) {
  const std::string last(1, static_cast<char>(length));
  return length < 128 ? last : '\x81' + last;
}

std::string der_number(std::string number) {
  number = without_zeros(std::move(number));
  if (static_cast<uint8_t>(number[0]) >= 0x80) number.insert(0, 1, '\0');
  return '\x02' + length_of(number.size()) + number;
}

std::string der_of(const std::string& r, const std::string& s) {
  const std::string both = der_number(r) + der_number(s);
  return '\x30' + length_of(both.size()) + both;
}

}  // namespace

TEST_CASE("an ECDSA signature has r and s of one length, from 1 to the order of the curve") {
  for (const CurveVector& vector : kSmall) {
    CAPTURE(vector.curve);
    const SigningKey key = key_of(vector);
    const std::string r = bytes(vector.r);
    const std::string s = bytes(vector.s);
    const std::string n = bytes(vector.n);
    const std::string zero(n.size(), '\0');
    const std::string most(n.size(), '\xff');
    std::string one = zero;
    one.back() = '\1';
    REQUIRE(key.verify(kSigned, r + s));
    CHECK_FALSE(key.verify("what was signed", r + s));
    for (const std::string& bad :
         {sum(r, n) + s,   r + sum(s, n),   sum(r, n) + sum(s, n),  // the same modulo n
          zero + zero,     zero + s,        r + zero,
          n + n,           n + s,           r + n,  // 0, also as n
          zero + one,      one + zero,      n + zero,
          zero + n,        most + s,        r + most,
          most + most,     s + r,           r + r,
          s + s,                                                      // exchanged
          sum(r, one) + s, r + sum(s, one), difference(n, r) + s}) {  // another number
      CAPTURE(hex_encode(bad));
      CHECK_FALSE(key.verify(kSigned, bad));
    }
    for (const std::string& bad :
         {std::string(), r, (r + s).substr(1), (r + s).substr(0, 2 * n.size() - 1), r + s + '\0',
          '\0' + r + s, '\0' + r + '\0' + s,  // of another length
          r + s + r + s, without_zeros(r) + without_zeros(s), without_zeros(r) + s,
          r + without_zeros(s)}) {
      CAPTURE(hex_encode(bad));
      CHECK_FALSE(key.verify(kSigned, bad));
    }
  }
}

TEST_CASE("the other s of an ECDSA signature is as good") {
  // ECDSA allows both, and so does RFC 7518. So nothing may tell two tokens apart by their bytes.
  for (const CurveVector& vector : kSmall) {
    const std::string other = difference(bytes(vector.n), bytes(vector.s));
    CHECK(key_of(vector).verify(kSigned, bytes(vector.r) + other));
  }
}

TEST_CASE("an ECDSA signature whose point has an x beyond the order is good, by its remainder") {
  for (const CurveVector& vector : kWrapped) {
    CAPTURE(vector.curve);
    const SigningKey key = key_of(vector);
    const std::string r = bytes(vector.r);
    const std::string s = bytes(vector.s);
    CHECK(key.verify(kSigned, r + s));
    CHECK_FALSE(key.verify(kSigned, sum(r, bytes(vector.n)) + s));
  }
}

TEST_CASE("an ECDSA signature in DER or BER is refused, whatever its length") {
  for (const CurveVector& vector : {kSmall[0], kSmall[1], kSmall[2], kWrapped[0], kDerOf64Bytes}) {
    CAPTURE(vector.curve);
    const SigningKey key = key_of(vector);
    const std::string r = bytes(vector.r);
    const std::string s = bytes(vector.s);
    REQUIRE(key.verify(kSigned, r + s));
    const std::string der = der_of(r, s);
    CHECK_FALSE(key.verify(kSigned, der));
    // BER: an indefinite length, and one that is longer than it has to be.
    CHECK_FALSE(key.verify(kSigned, "\x30\x80" + der.substr(2) + std::string(2, '\0')));
    CHECK_FALSE(key.verify(kSigned, "\x30\x82" + std::string(1, '\0') + der.substr(1)));
    // As long as a raw one.
    std::string padded = der;
    padded.resize(std::max(padded.size(), r.size() + s.size()), '\0');
    CHECK_FALSE(key.verify(kSigned, padded));
  }
  CHECK(der_of(bytes(kDerOf64Bytes.r), bytes(kDerOf64Bytes.s)).size() == 64);
}

TEST_CASE("a signature of one curve or algorithm is none of another") {
  for (const CurveVector& one : kSmall) {
    for (const CurveVector& other : kSmall) {
      const bool is_same = std::string_view(one.curve) == other.curve;
      CHECK(key_of(other).verify(kSigned, bytes(one.r) + bytes(one.s)) == is_same);
    }
  }
  CHECK_FALSE(key_of(kSmall[0]).verify(kSigned, bytes(kEd25519Vector.good)));
}

TEST_CASE("an Ed25519 signature has an S below the order, and an R in its one form") {
  const SigningKey key = key_of(R"({"kty":"OKP","crv":"Ed25519","x":")" + kEd25519Vector.x + "\"}");
  const std::string good = bytes(kEd25519Vector.good);
  const std::string r = good.substr(0, 32);
  const std::string s = good.substr(32);
  const std::string order = bytes(kEd25519Vector.order);
  const std::string zero(32, '\0');
  REQUIRE(key.verify(kSigned, good));
  CHECK_FALSE(key.verify("what was signed", good));
  const std::string plus = reversed(sum(reversed(s), reversed(order)));
  const std::string identity = '\1' + std::string(31, '\0');
  for (const std::string& bad : {r + plus,
                                 r + order,
                                 r + zero,
                                 zero + s,
                                 zero + zero,
                                 identity + s,
                                 identity + zero,
                                 order + s,
                                 r + std::string(32, '\xff'),
                                 std::string(64, '\xff'),
                                 s + r,
                                 good.substr(1),
                                 good.substr(0, 63),
                                 good + '\0',
                                 '\0' + good,
                                 good + good,
                                 std::string(),
                                 r,
                                 bytes(kEd25519Vector.mixed),
                                 bytes(kEd25519Vector.odd_form)}) {
    CAPTURE(hex_encode(bad));
    CHECK_FALSE(key.verify(kSigned, bad));
  }
  for (size_t bit = 0; bit < 512; ++bit) {
    std::string flipped = good;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(key.verify(kSigned, flipped));
  }
}

TEST_CASE("an RSA signature has the one padding of its algorithm") {
  const auto check = [](const SigningKey& key, const auto& vectors, const auto& others) {
    for (const RsaVector& vector : vectors) {
      CAPTURE(vector.what);
      const bool is_good = std::string_view(vector.what) == "good";
      CHECK(key.verify(kSigned, base64url_decode(vector.signature).value()) == is_good);
      CHECK_FALSE(key.verify("what was signed", base64url_decode(vector.signature).value()));
    }
    for (const RsaVector& vector : others)
      CHECK_FALSE(key.verify(kSigned, base64url_decode(vector.signature).value()));
  };
  check(rsa_key("RS256"), kPkcs1, kPss);
  check(rsa_key("PS256"), kPss, kPkcs1);
  for (const char* alg : {"RS384", "RS512", "PS384", "PS512"}) {
    CAPTURE(alg);
    CHECK_FALSE(rsa_key(alg).verify(kSigned, base64url_decode(kPkcs1[0].signature).value()));
    CHECK_FALSE(rsa_key(alg).verify(kSigned, base64url_decode(kPss[0].signature).value()));
  }
}

TEST_CASE("an RSA signature is a number below the modulus, in as many bytes") {
  const SigningKey key = rsa_key("RS256");
  const std::string n = base64url_decode(kRsaModulus).value();
  const std::string zero(n.size(), '\0');
  std::string one = zero;
  one.back() = '\1';
  const std::string small = base64url_decode(kFitsWithModulus.signature).value();
  REQUIRE(key.verify(kFitsWithModulus.text, small));
  CHECK_FALSE(key.verify(kFitsWithModulus.text, sum(small, n)));
  CHECK_FALSE(key.verify(kFitsWithModulus.text, difference(n, small)));
  const std::string begins_with_zero = base64url_decode(kBeginsWithZero.signature).value();
  REQUIRE(key.verify(kBeginsWithZero.text, begins_with_zero));
  CHECK_FALSE(key.verify(kBeginsWithZero.text, begins_with_zero.substr(1)));
  CHECK_FALSE(key.verify(kBeginsWithZero.text, '\0' + begins_with_zero));
  const std::string good = base64url_decode(kPkcs1[0].signature).value();
  for (const std::string& bad :
       {zero, one, difference(n, one), n, std::string(n.size(), '\xff'), std::string(), good + '\0',
        '\0' + good, good.substr(0, good.size() - 1), good.substr(1), good + good}) {
    CHECK_FALSE(key.verify(kSigned, bad));
  }
}
