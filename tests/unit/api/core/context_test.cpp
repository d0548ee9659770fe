#include "api/core/context.h"

#include <catch2/catch.hpp>

#include "support/fake_request.h"

using namespace authd;
using namespace authd::api;
using test::FakeRequest;
using test::Texts;

TEST_CASE("a number in an address is decimal digits and nothing else") {
  CHECK(number_in("0", "id").value() == 0);
  CHECK(number_in("18446744073709551615", "id").value() == UINT64_MAX);
  for (const char* text :
       {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "18446744073709551616", "1\n", "one"}) {
    INFO(text);
    const Result<uint64_t> number = number_in(text, "id");
    REQUIRE_FALSE(number);
    CHECK(number.error().code == ErrorCode::invalid);
    CHECK(number.error().field == "id");
  }
  CHECK_FALSE(number_in(std::string_view("1\0", 2), "id"));
}

TEST_CASE("a bearer token is read whatever the case of its scheme") {
  for (const char* header : {"Bearer abc", "bearer abc", "BEARER  abc"}) {
    INFO(header);
    CHECK(bearer_token(FakeRequest(Texts{{"authorization", header}})).value() == "abc");
  }
}

TEST_CASE("another scheme, or none, is no bearer token") {
  CHECK_FALSE(bearer_token(FakeRequest(Texts{})).value().has_value());
  for (const char* header : {"Basic YTpi", "Bearer", "Bearerabc", "", "Bear abc"}) {
    INFO(header);
    CHECK_FALSE(bearer_token(FakeRequest(Texts{{"authorization", header}})).value().has_value());
  }
}

TEST_CASE("a header that can be read in two ways is refused") {
  const Texts twice = {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}};
  for (const Texts& headers :
       {twice, Texts{{"authorization", "Bearer "}}, Texts{{"authorization", "Bearer a b"}}}) {
    const auto token = bearer_token(FakeRequest(headers));
    REQUIRE_FALSE(token);
    CHECK(token.error().code == ErrorCode::malformed);
    CHECK(token.error().name == "invalid_request");
  }
  const FakeRequest two_keys(Texts{{"x-api-key", "authd_pat_a"}, {"x-api-key", "authd_pat_b"}});
  CHECK_FALSE(api_key_header(two_keys));
  // One of another application's is none of ours.
  CHECK_FALSE(api_key_header(FakeRequest(Texts{{"x-api-key", "a"}})).value().has_value());
}

TEST_CASE("a cookie is found by its whole name") {
  const FakeRequest request(Texts{{"cookie", "xa=1; a=2;b=; a=3; ab=4; c"}});
  CHECK(cookie(request, "a") == "2");
  CHECK(cookie(request, "b").empty());
  CHECK(cookie(request, "c").empty());
  CHECK(cookie(request, "none").empty());
  CHECK(cookies(request, "a") == std::vector<std::string>{"2", "3"});
  CHECK(cookie(FakeRequest(Texts{}), "a").empty());
  CHECK(cookie(FakeRequest(Texts{{"cookie", ";;  ;="}}), "a").empty());
}
