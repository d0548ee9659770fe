#include "crypto/webauthn/cbor.h"

#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "support/software_authenticator.h"

using namespace authd;
using namespace authd::crypto;
namespace cbor = authd::test::cbor;

namespace {

bool takes(std::string_view hex) {
  return parse_cbor(hex_decode(hex).value()).has_value();
}

std::string why_not(std::string_view hex) {
  const auto value = parse_cbor(hex_decode(hex).value());
  return value ? "" : value.error().message;
}

std::optional<int64_t> integer(std::string_view hex) {
  const std::string bytes = hex_decode(hex).value();
  const auto value = parse_cbor(bytes);
  return value ? value->integer() : std::nullopt;
}

// Arrays in arrays, so many.
std::string nested(size_t depth) {
  std::string all = cbor::array({});
  for (size_t i = 1; i < depth; ++i)
    all = cbor::array({all});
  return all;
}

}  // namespace

// RFC 8949 appendix A.
TEST_CASE("integers are read as the RFC's examples say") {
  CHECK(integer("00") == 0);
  CHECK(integer("17") == 23);
  CHECK(integer("1818") == 24);
  CHECK(integer("1903e8") == 1000);
  CHECK(integer("1a000f4240") == 1000000);
  CHECK(integer("1b000000e8d4a51000") == 1000000000000);
  CHECK(integer("20") == -1);
  CHECK(integer("3863") == -100);
  CHECK(integer("3903e7") == -1000);
}

TEST_CASE("integers of 63 bits are read, larger ones are refused") {
  CHECK(integer("1b7fffffffffffffff") == INT64_MAX);
  CHECK(integer("3b7fffffffffffffff") == INT64_MIN);
  CHECK_FALSE(takes("1b8000000000000000"));
  CHECK_FALSE(takes("3b8000000000000000"));
  CHECK_FALSE(takes("1bffffffffffffffff"));
}

TEST_CASE("strings, arrays, maps and booleans are read") {
  const std::string bytes = cbor::map({{cbor::integer(1), cbor::bytes("raw")},
                                       {cbor::integer(-1), cbor::array({cbor::boolean(true)})},
                                       {cbor::text("t"), cbor::text("\xc3\xbc")},
                                       {cbor::text("no"), cbor::boolean(false)}});
  const auto value = parse_cbor(bytes);
  REQUIRE(value);
  REQUIRE(value->map());
  CHECK(value->map()->size() == 4);
  REQUIRE(value->find(1));
  CHECK(value->find(1)->bytes() == "raw");
  CHECK_FALSE(value->find(1)->text());
  REQUIRE(value->find(-1));
  REQUIRE(value->find(-1)->array());
  CHECK(value->find(-1)->array()->front().boolean() == true);
  REQUIRE(value->find("t"));
  CHECK(value->find("t")->text() == "\xc3\xbc");
  CHECK_FALSE(value->find("t")->bytes());
  REQUIRE(value->find("no"));
  CHECK(value->find("no")->boolean() == false);
  CHECK(value->find("absent") == nullptr);
  CHECK(value->find(1)->find(1) == nullptr);
  CHECK(value->find(1)->find("t") == nullptr);
}

TEST_CASE("a number that is not in its shortest form is refused") {
  for (const char* hex : {"1800", "1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff",
                          "3817", "5800", "580141", "7800", "9800", "b800", "590001ff"}) {
    CAPTURE(hex);
    CHECK(why_not(hex).find("shortest") != std::string::npos);
  }
}

TEST_CASE("indefinite lengths, tags, floats, null and other simple values are refused") {
  for (const char* hex :
       {"5f4101ff", "7f6161ff", "9fff", "bfff", "c000", "d81800", "f6", "f7", "e0", "f820",
        "f90000", "fa00000000", "fb0000000000000000", "ff", "1c", "3d", "5e", "fc"}) {
    CAPTURE(hex);
    CHECK_FALSE(takes(hex));
  }
}

TEST_CASE("what ends too early is refused, also with a huge length") {
  for (const char* hex : {"", "18", "19ff", "41", "4201", "61", "81", "8200", "a1", "a100",
                          "5b7fffffffffffffff", "9b7fffffffffffffff", "bb7fffffffffffffff"}) {
    CAPTURE(hex);
    CHECK_FALSE(takes(hex));
  }
}

TEST_CASE("bytes behind the value are refused, unless they are expected") {
  CHECK_FALSE(takes("0000"));
  CHECK_FALSE(takes("a0f4"));
  const std::string bytes = cbor::map({{cbor::integer(1), cbor::bytes("abc")}}) + "the rest";
  const auto front = parse_cbor_front(bytes);
  REQUIRE(front);
  CHECK(bytes.substr(front->length) == "the rest");
}

TEST_CASE("text that is not UTF-8 is refused, as value and as key") {
  CHECK_FALSE(takes("61ff"));
  CHECK_FALSE(takes("62c328"));
  CHECK_FALSE(takes("63eda080"));
  CHECK_FALSE(takes("a161ff00"));
}

// CTAP 2.1 section 8: by major type, then by length, then by bytes.
TEST_CASE("the keys of a map are sorted, and each comes once") {
  CHECK(takes("a200010100"));              // 0, 1
  CHECK(takes("a21700181800"));            // 23, 24
  CHECK(takes("a21818002000"));            // 24, -1: the type comes first
  CHECK(takes("a22000616100"));            // -1, "a"
  CHECK(takes("a2617a0062616100"));        // "z", "aa": the shorter comes first
  CHECK_FALSE(takes("a201000000"));        // 1, 0
  CHECK_FALSE(takes("a21818001700"));      // 24, 23
  CHECK_FALSE(takes("a22000181800"));      // -1, 24
  CHECK_FALSE(takes("a26161000000"));      // "a", 0
  CHECK_FALSE(takes("a262616100617a00"));  // "aa", "z"
  CHECK_FALSE(takes("a201000100"));        // 1 twice
  CHECK_FALSE(takes("a2616100616101"));    // "a" twice
}

TEST_CASE("only integers and text are keys") {
  for (const char* hex : {"a1410000", "a1f400", "a18000", "a1a000"}) {
    CAPTURE(hex);
    CHECK(why_not(hex).find("key") != std::string::npos);
  }
}

TEST_CASE("four levels of arrays and maps are read, five are refused") {
  CHECK(parse_cbor(nested(kMaxCborDepth)));
  CHECK_FALSE(parse_cbor(nested(kMaxCborDepth + 1)));
  CHECK(parse_cbor(cbor::map({{cbor::integer(0), nested(kMaxCborDepth - 1)}})));
  CHECK_FALSE(parse_cbor(cbor::map({{cbor::integer(0), nested(kMaxCborDepth)}})));
  CHECK_FALSE(parse_cbor(std::string(10000, '\x81')));
}

TEST_CASE("a value of more than the limit is refused") {
  CHECK(parse_cbor(cbor::bytes(std::string(kMaxCborBytes - 3, 'x'))));
  const auto value = parse_cbor(cbor::bytes(std::string(kMaxCborBytes - 2, 'x')));
  REQUIRE_FALSE(value);
  CHECK(value.error().code == ErrorCode::too_large);
}
