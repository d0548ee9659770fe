#include "base/normal_form.h"

#include <catch2/catch.hpp>

using namespace authd;

TEST_CASE("The ways to send one text have one normal form") {
  CHECK(normal_form("caf\u00e9") == "caf\u00e9");
  CHECK(normal_form("cafe\u0301") == "caf\u00e9");
  CHECK(normal_form("\uff11\uff12\uff21") == "12A");     // full width
  CHECK(normal_form("\ufb01x") == "fix");                // a ligature
  CHECK(normal_form("\u00bd") == "1\u20442");            // one half
  CHECK(normal_form("\u1112\u1161\u11ab") == "\ud55c");  // Hangul letters
  CHECK(normal_form("\ud55c\uae00") == "\ud55c\uae00");  // Hangul syllables
  CHECK(normal_form("\u212b") == "\u00c5");              // ångström sign
  CHECK(normal_form("\U0001d400") == "A");               // mathematical bold
  CHECK(normal_form("plain, with (signs)") == "plain, with (signs)");
  CHECK(normal_form("") == "");
}

TEST_CASE("Combining characters are sorted, and those of one class keep their order") {
  // Dot below and dot above, in both orders.
  CHECK(normal_form("q\u0307\u0323") == normal_form("q\u0323\u0307"));
  CHECK(normal_form("s\u0307\u0323") == "\u1e69");
  CHECK(normal_form("a\u0301\u0300") != normal_form("a\u0300\u0301"));
  // A second mark of the same class is not composed past the first.
  CHECK(normal_form("a\u0327\u0301") == "\u00e1\u0327");
  // Excluded from composition.
  CHECK(normal_form("\u0958") == "\u0915\u093c");
  CHECK(normal_form("\u0344") == "\u0308\u0301");
}

TEST_CASE("What is normal stays as it is") {
  for (const char* text : {"\u0301", "e\u0301\u0301", "\u4f60\u597d", "\U0001f511", "\u00df"}) {
    const std::string once = normal_form(text);
    CHECK(normal_form(once) == once);
  }
}
