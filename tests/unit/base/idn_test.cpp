#include "base/idn.h"

#include <catch2/catch.hpp>

using namespace authd;

TEST_CASE("a domain has a form in ASCII and one for people") {
  // The examples of RFC 3492 section 7.1 and of registries.
  for (const auto& [unicode, ascii] :
       {std::pair("b\xc3\xbc"
                  "cher.example",
                  "xn--bcher-kva.example"),
        std::pair("m\xc3\xbcnchen.de", "xn--mnchen-3ya.de"),
        std::pair("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84",
                  "xn--e1afmkfd.xn--p1ai"),
        std::pair("\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95", "xn--fsqu00a.xn--0zwm56d"),
        std::pair("\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf"
                  "\xb4\xe4\xb8\xad\xe6\x96\x87",
                  "xn--ihqwcrb4cv8a8dqg056pqjye"),
        std::pair("plain.example", "plain.example")}) {
    CAPTURE(unicode, ascii);
    CHECK(domain_to_ascii(unicode) == ascii);
    CHECK(domain_to_unicode(ascii) == unicode);
    CHECK(domain_to_unicode(unicode) == unicode);
  }
  CHECK(domain_to_ascii("B\xc3\x9c"
                        "CHER.example") == "xn--bcher-kva.example");
  CHECK(domain_to_unicode("XN--BCHER-KVA.example") ==
        "b\xc3\xbc"
        "cher.example");
}

TEST_CASE("what is no domain in the other form stays as it is") {
  CHECK_FALSE(domain_to_ascii("\xff.example"));
  std::string longest;
  for (int i = 0; i < 60; ++i)
    longest += "\xe4\xbe\x8b";
  CHECK_FALSE(domain_to_ascii(longest));
  for (const char* odd : {"xn--", "xn--a", "xn--99999999", "xn--bcher-kva!", "xn--abc-", "",
                          "xn--zzzzzzzzzzzzzzzzzzzz"}) {
    CHECK(domain_to_unicode(odd) == odd);
  }
}

TEST_CASE("an address has the forms of its domain") {
  const std::string unicode =
      "ann@b\xc3\xbc"
      "cher.example";
  CHECK(address_to_ascii(unicode) == "ann@xn--bcher-kva.example");
  CHECK(other_form_of_address(unicode) == "ann@xn--bcher-kva.example");
  CHECK(other_form_of_address("ann@xn--bcher-kva.example") == unicode);
  CHECK_FALSE(other_form_of_address("ann@example.org"));
  CHECK_FALSE(other_form_of_address("ann"));
  // The part before the '@' belongs to the mail server alone.
  CHECK(address_to_ascii("\xc3\xa9@b\xc3\xbc"
                         "cher.example") == "\xc3\xa9@xn--bcher-kva.example");
}
