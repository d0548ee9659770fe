#include "config/languages.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <string>

using namespace authd;

TEST_CASE("the language is the best one that there is") {
  constexpr std::array<std::string_view, 2> kThere = {"en", "de"};
  for (const auto& [header, language] :
       std::map<std::string, std::string>{{"", ""},
                                          {"de", "de"},
                                          {"DE-at", "de"},
                                          {"en-US,en;q=0.9,de;q=0.8", "en"},
                                          {"fr, de;q=0.5, en;q=0.4", "de"},
                                          {"fr", ""},
                                          {"*", ""},
                                          {"de;q=0", ""},
                                          {"de;q=0.3,en;q=0.7", "en"},
                                          {"de;Q=0.3 , en ; q=0.7", "en"},
                                          {"deu", ""},
                                          {"de;q=x,en;q=0.1", "en"},
                                          {"de;q=nan,en;q=0.1", "en"},
                                          {"de;q=1e0,en;q=0.1", "en"},
                                          {"de;q=-1", ""},
                                          {"de;q=2", ""},
                                          {", ;,de", "de"}}) {
    INFO(header);
    CHECK(config::choose_language(header, kThere) == language);
  }
}

TEST_CASE("languages with a region or a script are found by those that are near") {
  for (const auto& [range, tag] : std::map<std::string, std::string>{{"pt", "pt-BR"},
                                                                     {"pt-BR", "pt-BR"},
                                                                     {"pt-PT", "pt-BR"},
                                                                     {"PT-br", "pt-BR"},
                                                                     {"zh", "zh-Hans"},
                                                                     {"zh-CN", "zh-Hans"},
                                                                     {"zh-SG", "zh-Hans"},
                                                                     {"zh-Hans-HK", "zh-Hans"},
                                                                     {"zh-TW", ""},
                                                                     {"zh-HK", ""},
                                                                     {"zh-Hant", ""},
                                                                     {"zh-Hant-CN", ""},
                                                                     {"ja-JP", "ja"},
                                                                     {"es-419", "es"},
                                                                     {"e", ""},
                                                                     {"", ""},
                                                                     {"en_US", ""},
                                                                     {"-", ""},
                                                                     {"zh-", "zh-Hans"}}) {
    INFO(range);
    CHECK(config::match_language(range) == tag);
  }
  constexpr std::array<std::string_view, 4> kThere = {"en", "ja", "pt-BR", "zh-Hans"};
  CHECK(config::choose_language("zh-TW, ja;q=0.5", kThere) == "ja");
  CHECK(config::choose_language("pt-PT,pt;q=0.9,en;q=0.8", kThere) == "pt-BR");
}

TEST_CASE("a header of any length costs a bounded amount of work") {
  constexpr std::array<std::string_view, 1> kThere = {"de"};
  std::string header;
  for (int i = 0; i < 100000; ++i)
    header += "xx,";
  CHECK(config::choose_language(header + "de", kThere).empty());
  CHECK(config::choose_language(std::string(100000, '-'), kThere).empty());
  CHECK(config::choose_language(std::string(100000, ';'), kThere).empty());
}

TEST_CASE("a locale is a tag of the list, and nothing else") {
  CHECK(*config::parse_locale("") == "");
  CHECK(*config::parse_locale("de") == "de");
  CHECK(*config::parse_locale("PT-br") == "pt-BR");
  CHECK(*config::parse_locale("zh-hans") == "zh-Hans");
  for (const std::string hostile :
       {"xx", "de-DE", "en\n", "../en", "<b>", "en ", "\xff", "zh-TW"}) {
    const auto parsed = config::parse_locale(hostile);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().field == "locale");
    CHECK(parsed.error().message.find(hostile) == std::string::npos);
  }
  CHECK_FALSE(config::parse_locale(std::string(1 << 20, 'e')));
}

TEST_CASE("numbers take the plural forms of CLDR") {
  const auto form = [](std::string_view tag, uint64_t count) {
    return config::word_of(config::plural_of(tag, count));
  };
  CHECK(form("en", 0) == "other");
  CHECK(form("en", 1) == "one");
  CHECK(form("de", 2) == "other");
  CHECK(form("fr", 0) == "one");
  CHECK(form("fr", 1000000) == "many");
  CHECK(form("es", 0) == "other");
  CHECK(form("it", 1) == "one");
  CHECK(form("pt-BR", 0) == "one");
  CHECK(form("nl", 1000000) == "other");
  for (const uint64_t few : {2, 3, 4, 22, 24, 102})
    CHECK(form("pl", few) == "few");
  for (const uint64_t many : {0, 5, 11, 12, 14, 21, 112, 1000})
    CHECK(form("pl", many) == "many");
  CHECK(form("pl", 1) == "one");
  for (const std::string_view tag : {"ja", "zh-Hans"}) {
    CHECK(form(tag, 1) == "other");
    CHECK(config::plurals_of(tag).size() == 1);
  }
  CHECK(config::plurals_of("pl").size() == 4);
  // Every form that a number takes is among those that a catalogue has.
  for (const config::Language& language : config::kLanguages) {
    const auto forms = config::plurals_of(language.tag);
    for (uint64_t count = 0; count < 2000000; count += count < 200 ? 1 : 99990) {
      const auto found =
          std::find(forms.begin(), forms.end(), config::plural_of(language.tag, count));
      CHECK(found != forms.end());
    }
  }
}
