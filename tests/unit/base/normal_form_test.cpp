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

TEST_CASE("What a person would type for a name has the form of the name") {
  CHECK(search_form("O'Brien") == "o'brien");
  CHECK(search_form("Łukasz Müßig") == "lukasz mussig");
  CHECK(search_form("M\u0075\u0308ller") == "muller");
  CHECK(search_form("JOSÉ Ørsted") == "jose orsted");
  CHECK(search_form("O’Brien") == "o'brien");
  CHECK(search_form("İpek ılgaz") == "ipek ilgaz");
  CHECK(search_form("ΣΙΣΥΦΟΣ") == search_form("Σίσυφος"));
  CHECK(search_form("Фёдор") == search_form("ФЕДОР"));
  CHECK(search_form("Ұлан") == search_form("ұЛАН"));
  CHECK(search_form("Հայկ") == search_form("ՀԱՅԿ"));
  CHECK(search_form("ａｎｎ") == "ann");
  CHECK(search_form("が") != search_form("か"));
  // A syllable that is not typed to its end is the beginning of the whole one.
  CHECK(search_form("김").starts_with(search_form("기")));
  CHECK(search_form("").empty());
  for (const char* broken : {"\xff\xfe", "\xc3", "a\xe2\x82", "\xf4\x90\x80\x80"})
    CHECK(search_form(broken).size() < 100);
}
