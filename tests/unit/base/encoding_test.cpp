#include "base/encoding.h"

#include <catch2/catch.hpp>

#include "base/random.h"

using namespace authd;

namespace {

struct Vector {
  std::string bytes;
  std::string base64;
  std::string base32;
  std::string base16;
};

// RFC 4648 section 10.
const std::vector<Vector> kVectors = {
    {"", "", "", ""},
    {"f", "Zg==", "MY======", "66"},
    {"fo", "Zm8=", "MZXQ====", "666f"},
    {"foo", "Zm9v", "MZXW6===", "666f6f"},
    {"foob", "Zm9vYg==", "MZXW6YQ=", "666f6f62"},
    {"fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI======", "666f6f626172"},
};

std::string bare(std::string text) {
  while (text.ends_with('='))
    text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("the vectors of RFC 4648 section 10 are encoded") {
  for (const Vector& vector : kVectors) {
    CHECK(base64_encode(vector.bytes) == vector.base64);
    CHECK(base64url_encode(vector.bytes) == bare(vector.base64));
    CHECK(base32_encode(vector.bytes) == bare(vector.base32));
    CHECK(hex_encode(vector.bytes) == vector.base16);
  }
}

TEST_CASE("the vectors of RFC 4648 section 10 are decoded") {
  for (const Vector& vector : kVectors) {
    CHECK(base64_decode(vector.base64) == vector.bytes);
    CHECK(base64url_decode(bare(vector.base64)) == vector.bytes);
    CHECK(base32_decode(vector.base32) == vector.bytes);
    CHECK(base32_decode(bare(vector.base32)) == vector.bytes);
    CHECK(hex_decode(vector.base16) == vector.bytes);
  }
  CHECK(hex_decode("FfAa") == "\xff\xaa");
}

TEST_CASE("the two alphabets of base64 differ in their last two characters only") {
  CHECK(base64_encode("\xfb\xff\xbf") == "+/+/");
  CHECK(base64url_encode("\xfb\xff\xbf") == "-_-_");
  CHECK_FALSE(base64_decode("-_-_"));
  CHECK_FALSE(base64url_decode("+/+/"));
}

TEST_CASE("every byte string of every length is decoded from its own text") {
  SystemRandom random;
  for (size_t length = 0; length < 70; ++length) {
    const std::string bytes = random.bytes(length);
    REQUIRE(base64_decode(base64_encode(bytes)) == bytes);
    REQUIRE(base64url_decode(base64url_encode(bytes)) == bytes);
    REQUIRE(base32_decode(base32_encode(bytes)) == bytes);
    REQUIRE(hex_decode(hex_encode(bytes)) == bytes);
  }
}

TEST_CASE("base64 refuses foreign characters, wrong padding and bits left over") {
  for (const char* text :
       {"Zg",    "Zg=",    "Zg===",  "=",        "==",       "====", "Z===",
        "Z",     "Zm8",    "Zm9v=",  "Zm9v====", "Zg==Zg==", "Zm=v", " Zm9v",
        "Zm9v ", "Zm9v\n", "Zm\n9v", "Zm9\xff",  "Zh==",     "Zm9=", "Zm9v*A=="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm9\0", 4)));
}

TEST_CASE("base64url refuses padding, an impossible length and bits left over") {
  for (const char* text : {"Zg==", "Zm8=", "Z", "Zm9vY", "Zh", "Zm9", "Zg ", "Z+", "Z/"}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text));
  }
}

TEST_CASE("a signature in base64url has one text form only") {
  // 64 bytes leave two bits over in the last of 86 characters (RFC 7515: an ES256 signature).
  const std::string text = base64url_encode(std::string(64, 'x'));
  int accepted = 0;
  for (const char last :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123")) {
    if (base64url_decode(text.substr(0, 85) + last) == std::string(64, 'x')) ++accepted;
  }
  CHECK(accepted == 1);
}

TEST_CASE("base32 refuses lower case, wrong padding and bits left over") {
  for (const char* text : {"my======", "MY=====", "MY=", "M", "MZX", "MZXW6Y", "MZ", "M1", "MY 	",
                           "=======", "========", "MY======MY======", "MZXW6YTB========"}) {
    CAPTURE(text);
    CHECK_FALSE(base32_decode(text));
  }
}

TEST_CASE("hex refuses odd lengths and foreign characters") {
  for (const char* text : {"6", "666", "6g", "g6", "0x66", " 66", "66 ", "6\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(hex_decode(text));
  }
}

TEST_CASE("well-formed and ill-formed UTF-8 are distinguished") {
  for (const char* text : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                           "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"}) {
    CAPTURE(text);
    CHECK(is_valid_utf8(text));
  }
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe2\x82",
        "\xe2\x82\x41", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xfe", "\xc3\xa4\xc3"}) {
    CAPTURE(hex_encode(text));
    CHECK_FALSE(is_valid_utf8(text));
  }
  CHECK(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("UTF-8 is read alike at each place of a long text") {
  for (size_t before = 0; before < 20; ++before) {
    for (size_t after = 0; after < 20; ++after) {
      CAPTURE(before, after);
      const auto amidst = [&](const std::string& text) {
        return is_valid_utf8(std::string(before, 'a') + text + std::string(after, 'z'));
      };
      CHECK(amidst(""));
      CHECK(amidst("\xf0\x9f\x98\x80"));
      CHECK_FALSE(amidst("\xc3"));
      CHECK_FALSE(amidst("\xf0\x9f\x98"));
      CHECK_FALSE(amidst("\x80"));
    }
  }
}

TEST_CASE("code points are counted, not bytes") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("abc") == 3);
  CHECK(count_code_points("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == 4);
}

TEST_CASE("secrets are equal only if their lengths and all bytes are") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  CHECK_FALSE(equal_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  CHECK_FALSE(equal_constant_time("a", ""));
  CHECK_FALSE(equal_constant_time("ab", "abc"));
  std::string other(32, 'x');
  for (char& c : other) {
    for (int bit = 0; bit < 8; ++bit) {
      c = static_cast<char>(c ^ (1 << bit));
      CHECK_FALSE(equal_constant_time(other, std::string(32, 'x')));
      c = static_cast<char>(c ^ (1 << bit));
    }
  }
}

TEST_CASE("percent-encoding leaves the unreserved characters of RFC 3986") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/ü%") == "a%20b%2F%C3%BC%25");
  CHECK(percent_decode("a%20b%2f%C3%BC%25").value() == "a b/ü%");
  for (const char* text : {"%", "%2", "%zz", "a%", "%%20"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text));
  }
}
