#include "base/text.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

namespace {

using namespace authd;

TEST_CASE("texts are joined with a separator between them") {
  CHECK(joined(std::vector<std::string>{}, ", ").empty());
  CHECK(joined(std::vector<std::string>{"one"}, ", ") == "one");
  CHECK(joined(std::vector<std::string>{"one", "two", "three"}, ", ") == "one, two, three");
  CHECK(joined(std::vector<std::string>{"", "two", ""}, ",") == "two,");
  CHECK(joined(std::vector<int>{1, 2}, " ", [](int one) { return std::to_string(one); }) == "1 2");
}

TEST_CASE("trimming takes blanks off both ends and leaves those inside") {
  CHECK(trimmed("").empty());
  CHECK(trimmed(" \t ").empty());
  CHECK(trimmed("\t a b ") == "a b");
  CHECK(trimmed("ab") == "ab");
  CHECK(trimmed("a\n") == "a\n");
  CHECK(trimmed("\t ab ", " ") == "\t ab");
}

TEST_CASE("only ASCII letters have a lower case") {
  CHECK(lower("ABYZ az 09 @[`{") == "abyz az 09 @[`{");
  CHECK(lower("\xc3\x84ND") == "\xc3\x84nd");
}

TEST_CASE("digits are those of ASCII") {
  CHECK(is_digits("0123456789"));
  CHECK_FALSE(is_digits(""));
  CHECK_FALSE(is_digits("1a"));
  CHECK_FALSE(is_digits("-1"));
  CHECK_FALSE(is_digits("\xd9\xa1"));
}

TEST_CASE("a number is read only if it is the whole text and fits") {
  CHECK(parse_unsigned("0") == 0u);
  CHECK(parse_unsigned("007") == 7u);
  CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_unsigned(text).has_value());
  }
  CHECK(parse_unsigned<uint8_t>("255") == 255);
  CHECK_FALSE(parse_unsigned<uint8_t>("256").has_value());
}

TEST_CASE("escaped text is no markup") {
  CHECK(html_escaped("<a href=\"x\" id='y'>&amp;") ==
        "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
}

}  // namespace
