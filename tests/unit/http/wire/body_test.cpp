#include "http/wire/body.h"

#include <catch2/catch.hpp>
#include <map>

#include "base/encoding.h"
#include "support/fake_request.h"

using namespace authd;
using namespace authd::http;
using test::FakeRequest;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

const char* const kJson = "application/json";
const char* const kForm = "application/x-www-form-urlencoded";

using Form = std::map<std::string, std::string>;

JsonObject json(std::string_view text) {
  Result<JsonObject> object = json_body(FakeRequest::with_body(kJson, text));
  INFO(text);
  REQUIRE(object);
  return std::move(*object);
}

Form form(std::string_view text) {
  Result<Form> parsed = form_body(FakeRequest::with_body(kForm, text));
  INFO(text);
  REQUIRE(parsed);
  return std::move(*parsed);
}

template <typename T>
Error error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK_FALSE(result.error().message.empty());
  return result.error();
}

ErrorCode json_refusal(std::string_view text, const std::string& type = kJson) {
  INFO(text.substr(0, 100));
  INFO(type);
  return error_of(json_body(FakeRequest::with_body(type, text))).code;
}

ErrorCode form_refusal(std::string_view text, const std::string& type = kForm) {
  INFO(text.substr(0, 100));
  INFO(type);
  return error_of(form_body(FakeRequest::with_body(type, text))).code;
}

std::string nested(size_t depth) {
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

}  // namespace

TEST_CASE("a JSON body is read by its fields") {
  const JsonObject object = json(R"( {"login":"ann","remember":true,"age":7} )");
  CHECK(object.string("login").value() == "ann");
  CHECK(object.optional_boolean("remember").value() == true);
  CHECK(object.integer("age").value() == 7);
}

TEST_CASE("JSON is told by its media type, in UTF-8 only") {
  for (const char* good :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json; charset=UTF-8", "application/json ; charset=\"utf-8\"",
        "application/json; v=1; charset=utf-8 ; x=y"}) {
    CAPTURE(good);
    CHECK(json_body(FakeRequest::with_body(good, "{}")));
  }
  for (const char* bad :
       {"-", "", ";", "text/plain", "text/json", "application/jsonp", "application/json5", "json",
        "application/json, text/plain", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json", "text/plain;application/json",
        "application/json; charset=latin1", "application/json; charset=utf-16",
        "application/json; charset=", "application/json; charset=\"",
        "application/json; charset=\"\"", "application/json; CHARSET=utf-7",
        "application/json;charset=utf-8;charset=utf-7"}) {
    CHECK(json_refusal("{}", bad) == ErrorCode::unsupported);
  }
}

TEST_CASE("a body that was packed is not taken for what it says") {
  const auto coded = [](const char* type, std::string_view body, test::Texts codings) {
    codings.emplace_back("content-type", type);
    FakeRequest request(std::move(codings));
    request.body = body;
    return request;
  };
  for (const char* coding : {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "GZIP", "none",
                             "identity, gzip", "gzip, identity", "identity;q=1", "utf-8"}) {
    CAPTURE(coding);
    const test::Texts header = {{"content-encoding", coding}};
    CHECK(error_of(json_body(coded(kJson, "{}", header))).code == ErrorCode::unsupported);
    CHECK(error_of(form_body(coded(kForm, "a=b", header))).code == ErrorCode::unsupported);
    CHECK(error_of(form_pairs(coded(kForm, "a=b", header))).code == ErrorCode::unsupported);
    CHECK(error_of(json_body_with_file(coded(kJson, "{}", header), "image")).code ==
          ErrorCode::unsupported);
  }
  const test::Texts two = {{"content-encoding", "identity"}, {"content-encoding", "gzip"}};
  CHECK(error_of(json_body(coded(kJson, "{}", two))).code == ErrorCode::unsupported);
  for (const char* coding : {"", "identity", "Identity"}) {
    CAPTURE(coding);
    const test::Texts header = {{"content-encoding", coding}};
    CHECK(json_body(coded(kJson, "{}", header)));
    CHECK(form_body(coded(kForm, "a=b", header)));
  }
}

TEST_CASE("a JSON body that is no object is malformed") {
  for (const char* text : {"",
                           " ",
                           "null",
                           "true",
                           "1",
                           "\"a\"",
                           "[]",
                           "{",
                           "}",
                           "{}{}",
                           "{}x",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{\"a\":NaN}",
                           "{\"a\":1} // no",
                           "\xef\xbb\xbf{}",
                           "login=ann"}) {
    CHECK(json_refusal(text) == ErrorCode::malformed);
  }
  CHECK(json_refusal("{}\0"sv) == ErrorCode::malformed);
  CHECK(json_refusal("\0{}"sv) == ErrorCode::malformed);
}

TEST_CASE("a JSON body is malformed at every length but its own") {
  const std::string text = R"({"login":"ann","password":"x\u00e9\"y","more":[1,{"a":null}]})";
  for (size_t size = 0; size < text.size(); ++size)
    CHECK(json_refusal(std::string_view(text).substr(0, size)) == ErrorCode::malformed);
  CHECK(json(text).string("password").value() == "x\xc3\xa9\"y");
}

TEST_CASE("a JSON body is as deep as the limit says and no deeper") {
  const JsonLimits limits;
  CHECK(json_body(FakeRequest::with_body(kJson, nested(limits.max_depth))));
  CHECK(json_refusal(nested(limits.max_depth + 1)) == ErrorCode::malformed);
  CHECK(json_refusal(nested(60'000)) == ErrorCode::malformed);
  CHECK(json_refusal("{\"a\":" + std::string(60'000, '[')) == ErrorCode::malformed);
  std::string objects;
  for (int i = 0; i < 10'000; ++i)
    objects += "{\"a\":";
  CHECK(json_refusal(objects) == ErrorCode::malformed);
}

TEST_CASE("a key that comes twice is malformed, wherever and however it is written") {
  CHECK(json_refusal(R"({"role":"user","role":"admin"})") == ErrorCode::malformed);
  CHECK(json_refusal(R"({"role":"user","rol\u0065":"admin"})") == ErrorCode::malformed);
  CHECK(json_refusal(R"({"a":{"b":1,"b":1}})") == ErrorCode::malformed);
  CHECK(json_refusal(R"({"a":[{"b":1,"c":2,"b":3}]})") == ErrorCode::malformed);
  CHECK(json(R"({"a":1,"A":2,"a ":3})").integer("a").value() == 1);
}

TEST_CASE("a JSON body that is no UTF-8 is malformed") {
  for (const char* bytes :
       {"\xff", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80", "\x80", "\\ud800", "\\udc00\\ud800", "\n", "\x01"}) {
    CHECK(json_refusal("{\"a\":\"" + std::string(bytes) + "\"}") == ErrorCode::malformed);
    CHECK(json_refusal("{\"" + std::string(bytes) + "\":1}") == ErrorCode::malformed);
  }
}

TEST_CASE("a field that is absent or of another type is invalid and named") {
  const JsonObject object = json(
      R"({"number":1,"text":"1","flag":true,"list":["a",1],"object":{},"none":null,"float":1.5})");
  const auto named = [](const Error& error, const std::string& field) {
    CAPTURE(field, error.message);
    CHECK(error.code == ErrorCode::invalid);
    CHECK(error.field == field);
  };
  for (const char* field : {"number", "flag", "list", "object", "none", "float", "absent"})
    named(error_of(object.string(field)), field);
  for (const char* field : {"text", "flag", "list", "object", "none", "float", "absent"})
    named(error_of(object.integer(field)), field);
  for (const char* field : {"number", "text", "list", "object"})
    named(error_of(object.optional_boolean(field)), field);
  for (const char* field : {"number", "text", "list", "object"})
    named(error_of(object.optional_strings(field)), field);
  named(error_of(object.object("text")), "text");
  CHECK(object.optional_string("absent").value() == std::nullopt);
  CHECK(object.optional_string("none").value() == std::nullopt);
}

TEST_CASE("a form is read by its names, with its escapes resolved once") {
  CHECK(form("token=abc&hint=refresh_token") == Form{{"token", "abc"}, {"hint", "refresh_token"}});
  CHECK(form("a=b+c%20d%2B%26%3D") == Form{{"a", "b c d+&="}});
  CHECK(form("%74oken=1") == Form{{"token", "1"}});
  CHECK(form("a=%2541") == Form{{"a", "%41"}});
  CHECK(form("a=b=c") == Form{{"a", "b=c"}});
  CHECK(form("a=%C3%A9&b=%c3%a9") == Form{{"a", "\xc3\xa9"}, {"b", "\xc3\xa9"}});
  CHECK(form("a=1;b=2") == Form{{"a", "1;b=2"}});
}

TEST_CASE("empty names, values and pairs of a form are what they are") {
  CHECK(form("").empty());
  CHECK(form("&&&").empty());
  CHECK(form("&a=1&&b=2&") == Form{{"a", "1"}, {"b", "2"}});
  CHECK(form("a") == Form{{"a", ""}});
  CHECK(form("a=") == Form{{"a", ""}});
  CHECK(form("=a") == Form{{"", "a"}});
}

TEST_CASE("a bad escape in a form is malformed, at the end of the body too") {
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "a=%4z", "a=% 4", "a=%-1", "a=%+1", "a=%0x",
                          "%=a", "a%4=b", "a=%%41", "a=1&b=%", "a=%4&b=1"})
    CHECK(form_refusal(bad) == ErrorCode::malformed);
}

TEST_CASE("a parameter of a form that comes twice is malformed and named") {
  for (const char* bad :
       {"token=1&token=1", "token=1&a=2&token=3", "token=1&tok%65n=2", "token&token"}) {
    CHECK(form_refusal(bad) == ErrorCode::malformed);
    CHECK(error_of(form_body(FakeRequest::with_body(kForm, bad))).field == "token");
  }
  CHECK(form("token=1&Token=2").size() == 2);
}

TEST_CASE("a form has a bounded number of parameters, and says so") {
  const auto many = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += "p" + std::to_string(i) + "=1&";
    return text;
  };
  CHECK(form(many(64)).size() == 64);
  CHECK(form_refusal(many(65)) == ErrorCode::malformed);
  CHECK(form_refusal(many(10'000)) == ErrorCode::malformed);
  CHECK(error_of(form_body(FakeRequest::with_body(kForm, many(65)))).message.find("twice") ==
        std::string::npos);
}

TEST_CASE("a form is told by its media type") {
  CHECK(
      form_body(FakeRequest::with_body("application/x-www-form-urlencoded; charset=UTF-8", "a=b")));
  for (const char* bad : {"-", "", "application/json", "multipart/form-data",
                          "application/x-www-form-urlencoded; charset=latin1", "text/plain"})
    CHECK(form_refusal("a=b", bad) == ErrorCode::unsupported);
}

TEST_CASE("one string of a form of JSON may be a file") {
  const auto file_in = [](const std::string& text) {
    return json_body_with_file(FakeRequest::with_body(kJson, text), "image");
  };
  const std::string bytes(30'000, 'x');
  const std::string base64 = base64_encode(bytes);
  const std::string form = R"({"a": "b", "image": ")" + base64 + R"(", "c": 7})";
  const auto both = file_in(form);
  REQUIRE(both);
  CHECK(both->file == bytes);
  CHECK(*both->form.string("a") == "b");
  CHECK(*both->form.integer("c") == 7);
  CHECK(file_in(R"({"image": "eHg="})")->file == "xx");
  CHECK(file_in(R"({"image": "eH\ng="})")->file == "xx");
  CHECK(file_in(R"({"image": "data:image/png;base64,eHg="})")->file == "xx");
  CHECK_FALSE(file_in(R"({"a": 1})")->file);
  CHECK_FALSE(file_in(R"({"image": null})")->file);
  for (size_t cut = 1; cut < form.size(); cut += 997)
    CHECK(error_of(file_in(form.substr(0, cut))).code == ErrorCode::malformed);
  for (const std::string& bad :
       {R"({"image": "*"})"s, R"({"image": "data:,x"})"s, R"({"image": "\u0000file"})"s,
        R"({"x": ")" + base64 + R"(", "image": "*"})", R"({"image": ")" + base64 + "\\u0041\"}",
        R"({"image": ")" + base64 + "\n\"}", R"({"image": {"a": ")" + base64 + "\"}}"}) {
    CHECK(error_of(file_in(bad)).code == ErrorCode::invalid);
  }
  const std::string much = "[" + std::string(100'000, ' ') + "]";
  CHECK(error_of(file_in(R"({"image": "", "b": )" + much + "}")).code == ErrorCode::too_large);
  CHECK(error_of(file_in(R"({"image": ")" + base64 + R"(", "b": ")" + base64 + "\"}")).code ==
        ErrorCode::malformed);
}
