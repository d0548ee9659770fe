#include "auth/oauth/protocol/user_code.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

namespace authd::auth {
namespace {

TEST_CASE("a user code has eight of the letters, and each comes as often as the next") {
  SystemRandom random;
  std::set<std::string> codes;
  std::map<char, int> times;
  for (int i = 0; i < 2000; ++i) {
    const std::string code = make_user_code(random);
    REQUIRE(code.size() == 8);
    codes.insert(code);
    for (const char c : code)
      times[c] += 1;
  }
  CHECK(codes.size() == 2000);
  CHECK(times.size() == kUserCodeLetters.size());
  for (const auto& [letter, count] : times) {
    CAPTURE(letter);
    CHECK(kUserCodeLetters.find(letter) != std::string_view::npos);
    CHECK(count > 600);  // 800, and the deviation is 28
    CHECK(count < 1000);
  }
}

TEST_CASE("a user code is read as people type it") {
  const std::string code = "WDJBMJHT";
  CHECK(shown_user_code(code) == "WDJB-MJHT");
  for (const char* typed : {"WDJB-MJHT", "WDJBMJHT", "wdjb-mjht", " wdjb mjht ", "WdJb\u2013mJhT",
                            "W.D.J.B/M.J.H.T", "WDJB\u00a0MJHT\r\n"}) {
    CAPTURE(typed);
    CHECK(parse_user_code(typed) == code);
  }
}

TEST_CASE("what cannot be a user code is none") {
  for (const std::string& typed :
       {std::string(), std::string("WDJB-MJH"), std::string("WDJB-MJHTX"), std::string("WDJA-MJHT"),
        std::string("WDJ8-MJHT"), std::string("YDJB-MJHT"), std::string("--------"),
        std::string("WDJBMJHT") + std::string(kMaxTypedCode, ' ')}) {
    CAPTURE(typed);
    CHECK_FALSE(parse_user_code(typed));
  }
}

}  // namespace
}  // namespace authd::auth
