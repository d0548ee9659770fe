#include "auth/core/identifiers.h"

#include <catch2/catch.hpp>

using namespace authd;

TEST_CASE("usernames are short ASCII words that are no email addresses") {
  for (const char* good : {"a", "Ann", "a.b", "a_b-c+d", "007", "x1234567890"}) {
    CHECK(auth::parse_username(good));
  }
  CHECK(auth::parse_username(std::string(64, 'a')));
  for (const char* bad :
       {"", ".a", "a.", "a b", "a@b", "a/b", "ä", "a\n", "\xff", "a\xe2\x80\x8b"}) {
    CHECK_FALSE(auth::parse_username(bad));
  }
  CHECK_FALSE(auth::parse_username(std::string(65, 'a')));
  CHECK_FALSE(auth::parse_username(std::string_view("a\0b", 3)));
  CHECK(auth::parse_username("").error().field == "username");
}

TEST_CASE("emails have one local part and a domain of two labels") {
  for (const char* good :
       {"a@b.org", "A.B+c@x-y.example.org", "ä@müller.example", "a!#$%&'*/=?^_`{|}~@b.org"}) {
    CHECK(auth::parse_email(good));
  }
  for (const char* bad : {"",
                          "a",
                          "@b.org",
                          "a@",
                          "a@b",
                          "a@b.",
                          "a@.b",
                          "a@b..c",
                          "a@-b.org",
                          "a@b-.org",
                          ".a@b.org",
                          "a.@b.org",
                          "a..b@c.org",
                          "a b@c.org",
                          "a@b@c.org",
                          "a@b c.org",
                          "\"a\"@b.org",
                          "a@[127.0.0.1]",
                          "a\n@b.org",
                          "\xff@b.org",
                          "a@b_c.org",
                          "<a@b.org>",
                          "a\xc2\x9b@b.org",
                          "a@b\xe2\x80\xae.org",
                          "\xe2\x81\xa6"
                          "a@b.org"}) {
    CAPTURE(bad);
    CHECK_FALSE(auth::parse_email(bad));
  }
  CHECK(auth::parse_email(std::string(64, 'a') + "@b.org"));
  CHECK_FALSE(auth::parse_email(std::string(65, 'a') + "@b.org"));
  CHECK_FALSE(auth::parse_email("a@" + std::string(64, 'b') + ".org"));
}

TEST_CASE("an email is bounded in the form that is stored") {
  const std::string label = "xn--j50i" + std::string(55, 'a');
  const std::string long_form = "a@\u00e9." + label + "." + label + "." + label + ".org";
  REQUIRE(long_form.size() < 254);
  CHECK_FALSE(auth::parse_email(long_form));
}

TEST_CASE("what is typed counts as one login, however an address is spelled") {
  for (const char* form :
       {"a@b\u00fccher.example", " A@B\u00dcCHER.example", "a@xn--bcher-kva.example"})
    CHECK(auth::folded_login(form) == "a@xn--bcher-kva.example");
  CHECK(auth::folded_login(" Ann ") == "ann");
}

TEST_CASE("names and phone numbers are plain and bounded") {
  CHECK(auth::parse_person_name("", "first_name"));
  CHECK(auth::parse_person_name("Änn-Marie O'Neil", "first_name"));
  CHECK(auth::parse_person_name(std::string(100, 'a'), "first_name"));
  CHECK_FALSE(auth::parse_person_name(std::string(101, 'a'), "first_name"));
  CHECK_FALSE(auth::parse_person_name("a\tb", "first_name"));
  CHECK_FALSE(auth::parse_person_name("\xff", "first_name"));
  CHECK_FALSE(auth::parse_person_name("A\xc2\x9b\x33m", "first_name"));  // C1: CSI
  CHECK_FALSE(
      auth::parse_person_name("A\xe2\x80\xae"
                              "nna",
                              "first_name"));  // U+202E
}

TEST_CASE("a phone number has one form") {
  const auto form_of = [](const char* text) {
    const auto parsed = auth::parse_phone_number(text);
    return parsed ? *parsed : "refused";
  };
  CHECK(form_of("") == "");
  for (const char* same : {"+4930123456", "+49 30 123456", "+49 (30) 12-34-56", "+49.30.123456"})
    CHECK(form_of(same) == "+4930123456");
  CHECK(form_of("+12345678") == "+12345678");
  CHECK(form_of("+123456789012345") == "+123456789012345");
  for (const char* bad :
       {"12", "call me", "+", "++4930123456", "+49 30+123456", "---", "030 123456", "4930123456",
        "+049301234", "+1234567", "+1234567890123456", "+49 (0) 30 123456", "+49/30/123456",
        "+49 30 123456 ext 7", "+\xd9\xa4\xd9\xa9 30 123456", " +4930123456",
        "+4                                      930123456"})
    CHECK(form_of(bad) == "refused");
}
