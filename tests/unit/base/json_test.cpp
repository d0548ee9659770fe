#include "base/json.h"

#include <catch2/catch.hpp>

#include "support/cpu_clock.h"

using namespace authd;

namespace {

JsonObject parsed(std::string_view text) {
  Result<JsonObject> object = JsonObject::parse(text);
  INFO(text.substr(0, 200));
  if (!object) INFO(object.error().message);
  REQUIRE(object);
  return std::move(*object);
}

// The error of parsing `text`, which must be refused.
Error refusal(std::string_view text, const JsonLimits& limits = {}) {
  const Result<JsonObject> object = JsonObject::parse(text, limits);
  INFO(text.substr(0, 200));
  REQUIRE_FALSE(object);
  return object.error();
}

template <typename T>
Error error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return result.error();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string nested(size_t depth, std::string_view innermost = "") {
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(innermost) +
         std::string(depth - 1, ']') + "}";
}

}  // namespace

TEST_CASE("each type of value is read by its getter") {
  const JsonObject object = parsed(
      R"({"s":"text","i":-7,"b":true,"n":null,"l":["a","b"],"o":{"x":1},"os":[{"x":1},{"x":2}]})");
  CHECK(object.string("s").value() == "text");
  CHECK(object.integer("i").value() == -7);
  CHECK(object.optional_boolean("b").value() == true);
  CHECK(object.optional_strings("l").value() == std::vector<std::string>{"a", "b"});
  CHECK(object.object("o").value().integer("x").value() == 1);
  const auto objects = object.optional_objects("os").value();
  REQUIRE(objects);
  REQUIRE(objects->size() == 2);
  CHECK(objects->at(1).integer("x").value() == 2);
  CHECK(object.secret<Password>("s").value().reveal() == "text");
}

TEST_CASE("presence, null and the order of keys can be asked") {
  const JsonObject object = parsed(R"({"b":1,"a":null})");
  CHECK(object.has("a"));
  CHECK(object.is_null("a"));
  CHECK(object.has("b"));
  CHECK_FALSE(object.is_null("b"));
  CHECK_FALSE(object.has("c"));
  CHECK_FALSE(object.is_null("c"));
  CHECK(object.keys() == std::vector<std::string>{"b", "a"});
  CHECK(parsed("{}").keys().empty());
}

TEST_CASE("an inner object outlives the outer one") {
  const JsonObject inner = parsed(R"({"o":{"text":"still here"}})").object("o").value();
  CHECK(inner.string("text").value() == "still here");
}

TEST_CASE("absent and null give nothing for an optional field") {
  const JsonObject object = parsed(R"({"null":null})");
  for (const char* field : {"null", "absent"}) {
    CHECK(object.optional_string(field).value() == std::nullopt);
    CHECK(object.optional_integer(field).value() == std::nullopt);
    CHECK(object.optional_boolean(field).value() == std::nullopt);
    CHECK(object.optional_strings(field).value() == std::nullopt);
    CHECK_FALSE(object.optional_objects(field).value());
  }
}

TEST_CASE("an absent required field is named") {
  const JsonObject object = parsed(R"({"null":null})");
  const auto is_required = [](const Error& error, const std::string& field) {
    CHECK(error.code == ErrorCode::invalid);
    CHECK(error.field == field);
    CHECK(error.message == "\"" + field + "\" is required.");
  };
  is_required(error_of(object.string("email")), "email");
  is_required(error_of(object.string("null")), "null");
  is_required(error_of(object.integer("email")), "email");
  is_required(error_of(object.object("email")), "email");
  is_required(error_of(object.string_or_strings("email")), "email");
  is_required(error_of(object.secret<Password>("password")), "password");
}

TEST_CASE("an error about a field's type names the field and the right type") {
  const JsonObject object =
      parsed(R"({"s":"text","i":1,"d":1.5,"b":true,"l":["a",1],"o":{},"lo":[{},"x"]})");
  const auto must_be = [](const Error& error, const std::string& field, const std::string& wanted) {
    CHECK(error.code == ErrorCode::invalid);
    CHECK(error.field == field);
    CHECK(error.message == "\"" + field + "\" must be " + wanted + ".");
  };
  for (const char* field : {"i", "d", "b", "l", "o"}) {
    must_be(error_of(object.string(field)), field, "a string");
    must_be(error_of(object.optional_string(field)), field, "a string");
  }
  for (const char* field : {"s", "d", "b", "l", "o"}) {
    must_be(error_of(object.integer(field)), field, "an integer");
  }
  must_be(error_of(object.optional_boolean("i")), "i", "true or false");
  must_be(error_of(object.optional_boolean("s")), "s", "true or false");
  must_be(error_of(object.optional_strings("s")), "s", "an array of strings");
  must_be(error_of(object.optional_strings("l")), "l", "an array of strings");
  must_be(error_of(object.object("s")), "s", "an object");
  must_be(error_of(object.optional_objects("o")), "o", "an array of objects");
  must_be(error_of(object.optional_objects("lo")), "lo", "an array of objects");
  must_be(error_of(object.string_or_strings("i")), "i", "a string or an array of strings");
}

TEST_CASE("an audience may be one string or several") {
  CHECK(parsed(R"({"aud":"a"})").string_or_strings("aud").value() == std::vector<std::string>{"a"});
  CHECK(parsed(R"({"aud":["a","b"]})").string_or_strings("aud").value() ==
        std::vector<std::string>{"a", "b"});
  CHECK(parsed(R"({"aud":[]})").string_or_strings("aud").value().empty());
}

TEST_CASE("integers are exact up to the ends of their range, and no further") {
  CHECK(parsed(R"({"i":9223372036854775807})").integer("i").value() == INT64_MAX);
  CHECK(parsed(R"({"i":-9223372036854775808})").integer("i").value() == INT64_MIN);
  CHECK(parsed(R"({"i":9007199254740993})").integer("i").value() == 9007199254740993);
  CHECK(error_of(parsed(R"({"i":9223372036854775808})").integer("i")).field == "i");
  CHECK(error_of(parsed(R"({"i":18446744073709551615})").integer("i")).field == "i");
  CHECK(error_of(parsed(R"({"i":1.0})").integer("i")).field == "i");
  CHECK(error_of(parsed(R"({"i":1e3})").integer("i")).field == "i");
  CHECK(refusal(R"({"i":18446744073709551616})").code == ErrorCode::malformed);
  CHECK(refusal(R"({"i":-9223372036854775809})").code == ErrorCode::malformed);
  CHECK(refusal("{\"i\":" + std::string(5000, '9') + "}").code == ErrorCode::malformed);
  CHECK(refusal(R"({"i":1e400})").code == ErrorCode::malformed);
}

TEST_CASE("a duplicate key is refused at every level") {
  for (const char* text :
       {R"({"role":1,"role":2})", R"({"x":{"role":1,"a":2,"role":1}})",
        R"({"x":[0,{"role":null,"role":null}]})", R"({"role":1,"rol\u0065":2})"}) {
    const Error error = refusal(text);
    CHECK(error.code == ErrorCode::malformed);
    CHECK(error.field == "role");
    CHECK(contains(error.message, "\"role\" twice"));
  }
  CHECK(refusal(R"({"":1,"":2})").code == ErrorCode::malformed);
}

TEST_CASE("keys that differ are no duplicates") {
  const JsonObject object =
      parsed(R"({"role":1,"Role":2,"role ":3,"role\u0000":4,"o":{"role":5}})");
  CHECK(object.integer("role").value() == 1);
  CHECK(object.integer(std::string_view("role\0", 5)).value() == 4);
}

TEST_CASE("syntax errors are malformed") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\":0x1}",
                           "{\"a\":NaN}",
                           "{\"a\":Infinity}",
                           "{\"a\":tru}",
                           "{\"a\":True}",
                           "{\"a\":nulls}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"new\nline\"}",
                           "{\"a\":\"\t\"}",
                           "{1:2}",
                           "{,}",
                           "{\"a\":1}}",
                           "{\"a\":1} x",
                           "{} {}",
                           "{}\v",
                           "/**/{}",
                           "{}//",
                           "{\"a\":1]"}) {
    CAPTURE(text);
    const Error error = refusal(text);
    CHECK(error.code == ErrorCode::malformed);
    CHECK_FALSE(error.message.empty());
  }
  CHECK(refusal(std::string_view("{}\0", 3)).code == ErrorCode::malformed);
}

TEST_CASE("white space around the document is no error") {
  CHECK(parsed(" \t\r\n{ \"a\" : 1 }\r\n ").integer("a").value() == 1);
}

TEST_CASE("a document that is not an object is malformed") {
  for (const char* text : {"[]", "[{}]", "\"text\"", "1", "true", "null"}) {
    CAPTURE(text);
    const Error error = refusal(text);
    CHECK(error.code == ErrorCode::malformed);
    CHECK(contains(error.message, "must be an object"));
  }
}

TEST_CASE("a byte order mark is refused by name") {
  const Error error = refusal("\xef\xbb\xbf{}");
  CHECK(error.code == ErrorCode::malformed);
  CHECK(contains(error.message, "byte order mark"));
}

TEST_CASE("bytes that are no UTF-8 are refused") {
  for (const char* bytes :
       {"\xff", "\x80", "\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    const Error error = refusal("{\"a\":\"" + std::string(bytes) + "\"}");
    CHECK(error.code == ErrorCode::malformed);
    CHECK(contains(error.message, "UTF-8"));
    CHECK(refusal("{\"" + std::string(bytes) + "\":1}").code == ErrorCode::malformed);
  }
}

TEST_CASE("half a surrogate pair is refused in strings and in keys") {
  for (const char* escape :
       {"\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ud800\\ud800", "\\udc00\\ud800", "\\ud800x",
        "\\ud800\\n", "\\ud800\\u0041", "\\uD83Dx\\uDE00"}) {
    CAPTURE(escape);
    CHECK(refusal("{\"a\":\"" + std::string(escape) + "\"}").code == ErrorCode::malformed);
    CHECK(refusal("{\"" + std::string(escape) + "\":1}").code == ErrorCode::malformed);
    CHECK(refusal("{\"a\":[{\"b\":\"x" + std::string(escape) + "\"}]}").code ==
          ErrorCode::malformed);
  }
}

TEST_CASE("escapes are resolved, a whole surrogate pair to one code point") {
  CHECK(parsed(R"({"a":"\u00e4\ud83d\ude00\"\\\/\b\f\n\r\t"})").string("a").value() ==
        "\xc3\xa4\xf0\x9f\x98\x80\"\\/\b\f\n\r\t");
}

TEST_CASE("a NUL in a string is kept unless the caller refuses it") {
  CHECK(parsed(R"({"a":"x\u0000y"})").string("a").value() == std::string("x\0y", 3));
}

TEST_CASE("nesting is allowed to the limit and refused beyond it") {
  CHECK(JsonObject::parse(nested(16)));
  CHECK(JsonObject::parse(nested(16, "1")));
  CHECK(contains(refusal(nested(17, "1")).message, "nested too deeply"));
  const Error error = refusal(nested(17));
  CHECK(error.code == ErrorCode::malformed);
  CHECK(contains(error.message, "nested too deeply"));
  JsonLimits shallow;
  shallow.max_depth = 2;
  CHECK(JsonObject::parse(R"({"a":[1]})", shallow));
  CHECK(contains(refusal(R"({"a":[[1]]})", shallow).message, "nested too deeply"));
  CHECK(JsonObject::parse(nested(16)));  // The limit of one document is not that of the next.
}

TEST_CASE("size is allowed to the limit and refused beyond it") {
  JsonLimits small;
  small.max_bytes = 9;
  CHECK(JsonObject::parse(R"({"a":"b"})", small));
  const Error error = refusal(R"({"a":"bc"})", small);
  CHECK(error.code == ErrorCode::too_large);
  CHECK(contains(error.message, "9 bytes"));
}

TEST_CASE("a megabyte of opening brackets is refused without much work") {
  CHECK(test::costs_little([] {
    CHECK(refusal("{\"a\":" + std::string((1 << 20) - 5, '[')).code == ErrorCode::malformed);
    CHECK(contains(refusal(nested((1 << 19) - 8)).message, "deeply"));
    CHECK(refusal(std::string(1 << 20, '[')).code == ErrorCode::malformed);
    std::string objects;
    while (objects.size() < (1 << 20) - 5)
      objects += "{\"a\":";
    CHECK(refusal(objects).code == ErrorCode::malformed);
  }));
}

TEST_CASE("an object with very many keys costs no quadratic time") {
  std::string text = "{";
  for (int i = 0; i < 80'000; ++i)
    text += "\"k" + std::to_string(i) + "\":1,";
  CHECK(test::costs_little([&] {
    CHECK(parsed(text + "\"last\":2}").integer("last").value() == 2);
    CHECK(refusal(text + "\"k0\":2}").field == "k0");
  }));
}

TEST_CASE("a small document is read right after a large one, a bad one and a deep one") {
  for (const std::string& before :
       {"{\"a\":\"" + std::string(900'000, 'x') + "\"}", std::string(900'000, '['),
        std::string("{\"a\":"), nested(17), std::string(3000, '"')}) {
    (void)JsonObject::parse(before).has_value();
    CHECK(parsed(R"({"a":"b"})").string("a").value() == "b");
  }
}

TEST_CASE("a long string and many items are read whole") {
  const std::string text(700'000, 'x');
  CHECK(parsed("{\"a\":\"" + text + "\"}").string("a").value() == text);
  std::string list = "{\"a\":[\"0\"";
  for (int i = 1; i < 10'000; ++i)
    list += ",\"" + std::to_string(i) + "\"";
  const auto items = parsed(list + "]}").optional_strings("a").value();
  REQUIRE(items);
  REQUIRE(items->size() == 10'000);
  CHECK(items->back() == "9999");
}

TEST_CASE("the name of a long key in an error is cut") {
  const std::string key(10'000, 'k');
  const Error error = refusal("{\"" + key + "\":1,\"" + key + "\":2}");
  CHECK(error.message.size() < 200);
}

TEST_CASE("an array of integers is read, and nothing else for one") {
  const auto numbers = parsed("{\"ids\":[1,0,-7]}").optional_integers("ids");
  REQUIRE(numbers);
  CHECK(**numbers == std::vector<int64_t>{1, 0, -7});
  CHECK_FALSE(parsed("{}").optional_integers("ids")->has_value());
  for (const char* wrong : {"{\"ids\":7}", "{\"ids\":[\"7\"]}", "{\"ids\":[1.5]}",
                            "{\"ids\":[9223372036854775808]}", "{\"ids\":[[1]]}"}) {
    CHECK(error_of(parsed(wrong).optional_integers("ids")).field == "ids");
  }
}
