#include "web/colour.h"

#include <catch2/catch.hpp>

using namespace authd::web;

TEST_CASE("colours are read strictly") {
  CHECK(parse_colour("#1A4fa3") == Colour{0x1a, 0x4f, 0xa3});
  for (const char* wrong : {"", "#", "1a4fa3", "#1a4fa", "#1a4fa3 ", "#1a4fag", "red", "#fff",
                            "#1a4fa3;}body{", "#1a4f\xc3\xa4"}) {
    INFO(wrong);
    CHECK_FALSE(parse_colour(wrong));
  }
  CHECK(format_colour({0, 10, 255}) == "#000aff");
}

TEST_CASE("contrast is WCAG's") {
  CHECK(contrast({0, 0, 0}, {255, 255, 255}) == Approx(21));
  CHECK(contrast({255, 255, 255}, {255, 255, 255}) == Approx(1));
  CHECK(contrast({0x76, 0x76, 0x76}, {255, 255, 255}) == Approx(4.54).margin(0.01));
}

TEST_CASE("text on any accent colour, and in it, can be read") {
  for (int red = 0; red < 256; red += 51) {
    for (int green = 0; green < 256; green += 51) {
      for (int blue = 0; blue < 256; blue += 51) {
        const Colour accent{red, green, blue};
        INFO(format_colour(accent));
        CHECK(contrast(text_on(accent), accent) >= 4.5);
        for (const Colour ground : {Colour{255, 255, 255}, Colour{23, 27, 36}}) {
          CHECK(contrast(readable_on(accent, ground), ground) >= 4.5);
        }
      }
    }
  }
}

TEST_CASE("a colour that can be read does not change") {
  CHECK(readable_on({0x1a, 0x4f, 0xa3}, {255, 255, 255}) == Colour{0x1a, 0x4f, 0xa3});
}
