#include "base/json_writer.h"

#include <catch2/catch.hpp>
#include <limits>

#include "base/encoding.h"
#include "base/json.h"

using namespace authd;

namespace {

// `text` as the writer writes it, without the quotes.
std::string escaped(std::string_view text) {
  JsonWriter json;
  json.value(text);
  return json.text().substr(1, json.text().size() - 2);
}

// What our reader reads.
std::string read_back(std::string_view text) {
  JsonWriter json;
  json.begin_object().field("text", text).end_object();
  const Result<JsonObject> object = JsonObject::parse(json.text());
  REQUIRE(object);
  return object->string("text").value();
}

}  // namespace

TEST_CASE("members and items are separated by commas, and empty containers have no commas") {
  JsonWriter json;
  json.begin_object()
      .field("id", 7)
      .field("name", "Ann")
      .key("roles")
      .begin_array()
      .value("user")
      .value("admin")
      .end_array()
      .key("none")
      .begin_array()
      .end_array()
      .key("inner")
      .begin_object()
      .end_object()
      .key("list")
      .begin_array()
      .begin_object()
      .field("a", 1)
      .end_object()
      .begin_object()
      .end_object()
      .null()
      .end_array()
      .field("last", true)
      .end_object();
  CHECK(json.text() == R"({"id":7,"name":"Ann","roles":["user","admin"],"none":[],"inner":{},)"
                       R"("list":[{"a":1},{},null],"last":true})");
}

TEST_CASE("raw JSON takes its place among other values") {
  JsonWriter json;
  json.begin_object().field("a", 1).key("b").raw(R"({"c":2})").field("d", 3).end_object();
  CHECK(json.take() == R"({"a":1,"b":{"c":2},"d":3})");
}

TEST_CASE("each kind of number is written whole") {
  JsonWriter json;
  json.begin_array()
      .value(0)
      .value(std::numeric_limits<int64_t>::min())
      .value(std::numeric_limits<uint64_t>::max())
      .value(uint8_t{255})
      .value(-1.5)
      .value(0.1)
      .value(std::numeric_limits<double>::max())
      .value(std::numeric_limits<double>::denorm_min())
      .value(false)
      .end_array();
  CHECK(json.text() ==
        "[0,-9223372036854775808,18446744073709551615,255,-1.5,0.1,1.7976931348623157e+308,5e-324,"
        "false]");
}

TEST_CASE("numbers that JSON has no word for are null") {
  JsonWriter json;
  json.begin_array()
      .value(std::numeric_limits<double>::quiet_NaN())
      .value(std::numeric_limits<double>::infinity())
      .value(-std::numeric_limits<double>::infinity())
      .value(1)
      .end_array();
  CHECK(json.text() == "[null,null,null,1]");
}

TEST_CASE("quotes, backslashes and control characters are escaped (RFC 8259 section 7)") {
  CHECK(escaped("a\"b\\c/d") == "a\\\"b\\\\c/d");
  CHECK(escaped("\n\r\t") == "\\n\\r\\t");
  CHECK(escaped(std::string_view("\0\x01\x1b\x1f\x7f", 5)) ==
        "\\u0000\\u0001\\u001b\\u001f\\u007f");
}

TEST_CASE("keys are escaped as values are") {
  JsonWriter json;
  json.begin_object().field("a\"\n", 1).end_object();
  CHECK(json.text() == "{\"a\\\"\\n\":1}");
}

TEST_CASE("well-formed UTF-8 is unchanged") {
  const std::string text = "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0 \xf4\x8f\xbf\xbf";
  CHECK(escaped(text) == text);
}

TEST_CASE("characters that act on a terminal or on the direction of text are escaped") {
  CHECK(escaped("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0") == "\\u0080\\u009b\\u009f\xc2\xa0");
  CHECK(escaped("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae\xe2\x80\xaf") ==
        "\xe2\x80\xa7\\u2028\\u2029\\u202e\xe2\x80\xaf");
  CHECK(escaped("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa") ==
        "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa");
}

TEST_CASE("ill-formed bytes become U+FFFD, and what follows them is kept") {
  CHECK(escaped("a\xff"
                "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(escaped("\xc3") == "\xef\xbf\xbd");
  CHECK(escaped("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("\xc3\"") == "\xef\xbf\xbd\\\"");
  CHECK(escaped("\xf0\x9f\n") == "\xef\xbf\xbd\xef\xbf\xbd\\n");
}

TEST_CASE("every code point survives a way through the writer and the reader") {
  std::string block;
  for (uint32_t c = 0; c <= 0x10ffff; c += c < 0x3000 ? 1 : 251) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    if (c < 0x80) {
      block += static_cast<char>(c);
    } else if (c < 0x800) {
      block += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
    } else if (c < 0x10000) {
      block += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
                static_cast<char>(0x80 | (c & 0x3f))};
    } else {
      block += {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3f)),
                static_cast<char>(0x80 | (c >> 6 & 0x3f)), static_cast<char>(0x80 | (c & 0x3f))};
    }
  }
  REQUIRE(is_valid_utf8(block));
  CHECK(read_back(block) == block);
}

TEST_CASE("any bytes at all give valid JSON") {
  std::string bytes;
  for (int high = 0; high < 256; ++high) {
    for (int low = 0; low < 256; ++low)
      bytes += {static_cast<char>(high), static_cast<char>(low)};
  }
  CHECK(is_valid_utf8(read_back(bytes)));
}
