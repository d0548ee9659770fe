#include "media/avatar.h"

#include <catch2/catch.hpp>
#include <random>

#include "media/images.h"

using namespace authd;
using namespace authd::media;
using namespace authd::test;
using namespace std::string_literals;

namespace {

Picture avatar_of(const std::string& file) {
  const AvatarOutcome outcome = make_avatar(file);
  REQUIRE(outcome.verdict == Verdict::ok);
  CHECK(outcome.jpeg.size() <= kMaxAvatar);
  CHECK(outcome.jpeg.find("Exif") == std::string::npos);
  Picture picture;
  unsigned orientation = 0;
  REQUIRE(decode_jpeg(outcome.jpeg, picture, orientation) == Verdict::ok);
  CHECK(orientation == 1);
  return picture;
}

Verdict verdict_of(const std::string& file) {
  return make_avatar(file).verdict;
}

// One letter per colour, with the tolerance that JPEG needs.
char color_at(const Picture& picture, unsigned x, unsigned y) {
  const uint8_t* pixel = &picture.rgb[(size_t{y} * picture.width + x) * 3];
  const auto is_high = [](uint8_t value) { return value > 200; };
  const auto is_low = [](uint8_t value) { return value < 60; };
  if (is_high(pixel[0]) && is_high(pixel[1]) && is_high(pixel[2])) return 'w';
  if (is_high(pixel[0]) && is_low(pixel[1]) && is_low(pixel[2])) return 'r';
  if (is_low(pixel[0]) && is_low(pixel[1]) && is_high(pixel[2])) return 'b';
  return '?';
}

std::string jpeg(unsigned width, unsigned height) {
  return encode_jpeg(two_halves(width, height), 1 << 20);
}

}  // namespace

TEST_CASE("images of each kind become a JPEG of at most 500 pixels a side, proportions kept") {
  struct Case {
    std::string file;
    unsigned width, height;
  };
  for (const Case& one :
       {Case{plain_png(2000, 1000, "\xff\0\0"s), 500, 250},
        Case{plain_png(7, 3, "\xff\0\0"s), 7, 3}, Case{plain_png(1, 2000, "\xff\0\0"s), 1, 500},
        Case{plain_png(501, 500, "\xff\0\0"s), 500, 499},
        Case{gif(1200, 600, 0, 0, 1200, 600), 500, 250}}) {
    const Picture picture = avatar_of(one.file);
    CHECK(picture.width == one.width);
    CHECK(picture.height == one.height);
    CHECK(color_at(picture, picture.width / 2, picture.height / 2) == 'r');
  }
  const Picture picture = avatar_of(jpeg(1999, 999));
  CHECK(picture.width == 500);
  CHECK(picture.height == 250);
  CHECK(color_at(picture, 100, 100) == 'r');
  CHECK(color_at(picture, 400, 100) == 'b');
}

TEST_CASE("transparent pixels become white") {
  const Picture picture = avatar_of(plain_png(20, 20, "\xff\0\0\0"s));
  CHECK(color_at(picture, 10, 10) == 'w');
  const std::string transparent_red = "!\xf9\x04\x01\0\0\x01\0"s;
  CHECK(color_at(avatar_of(gif(20, 20, 0, 0, 20, 20, transparent_red)), 10, 10) == 'w');
  // A frame that fills part of the screen leaves the rest unchanged.
  const Picture part = avatar_of(gif(40, 40, 20, 0, 20, 40));
  CHECK(color_at(part, 5, 20) == 'w');
  CHECK(color_at(part, 35, 20) == 'r');
}

TEST_CASE("a photograph is turned as its EXIF says, and the EXIF is gone") {
  // Where the left edge, which is red, ends up.
  const struct {
    unsigned orientation;
    bool is_upright;
    bool is_red_first;
  } cases[] = {{1, false, true}, {2, false, false}, {3, false, false}, {4, false, true},
               {5, true, true},  {6, true, true},   {7, true, false},  {8, true, false},
               {9, false, true}, {0, false, true}};
  for (const auto& one : cases) {
    INFO(one.orientation);
    const std::string file =
        with_segments(jpeg(80, 40), jpeg_segment('\xe1', exif(one.orientation)));
    const Picture picture = avatar_of(file);
    CHECK(picture.width == (one.is_upright ? 40u : 80u));
    CHECK(picture.height == (one.is_upright ? 80u : 40u));
    CHECK(color_at(picture, 3, 3) ==
          ((one.orientation == 2 || one.orientation == 3 || one.orientation >= 7) &&
                   one.orientation != 9
               ? 'b'
               : 'r'));
    const unsigned last_x = picture.width - 4, last_y = picture.height - 4;
    CHECK(color_at(picture, last_x, last_y) == (one.is_red_first ? 'b' : 'r'));
  }
}

TEST_CASE("EXIF that lies about its lengths says nothing") {
  using namespace std::string_view_literals;
  CHECK(exif_orientation(exif(6)) == 6);
  CHECK(exif_orientation("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0"sv) == 8);
  const std::string whole = exif(6);
  for (size_t size = 0; size + 8 < whole.size(); ++size)
    CHECK(exif_orientation(whole.substr(0, size)) == 1);
  CHECK(exif_orientation("Exif\0\0II*\0\xff\xff\xff\xff\xff\xff"sv) == 1);
  CHECK(exif_orientation("Exif\0\0II*\0\x08\0\0\0\xff\xff"sv) == 1);
}

TEST_CASE("noise is compressed until it fits, at lower quality") {
  std::mt19937 noise(7);
  Picture picture{500, 500, {}};
  for (int i = 0; i < 500 * 500 * 3; ++i)
    picture.rgb.push_back(static_cast<uint8_t>(noise()));
  const std::string made = encode_jpeg(picture, kMaxAvatar);
  CHECK(made.size() > 1000);
  CHECK(made.size() <= kMaxAvatar);
  CHECK(encode_jpeg(picture, 100).empty());
}

TEST_CASE("an image whose header says too many pixels is refused") {
  for (const std::string& file :
       {plain_png(2001, 1, "\xff\0\0"s), png(30000, 30000, 2, "x"), gif(65535, 65535, 0, 0, 1, 1),
        gif(10, 10, 0, 0, 65535, 1), gif(0, 0, 65535, 0, 1, 1), jpeg(2001, 1)}) {
    CHECK(verdict_of(file) == Verdict::too_many_pixels);
  }
  // An image with a small header and much data is still an image.
  CHECK(verdict_of(plain_png(2000, 2000, "\0\0\0"s)) == Verdict::ok);
}

TEST_CASE("data that only looks like an image is refused") {
  for (const std::string& file : {""s, "x"s, "\x89PNG"s, "GIF"s, "\xff\xd8"s, "RIFF1234WEBPVP8 "s,
                                  "BM1234"s, "<svg xmlns='http://www.w3.org/2000/svg'/>"s,
                                  "%!PS-Adobe-3.0"s, "MZ"s, std::string(1000, '\0')}) {
    CHECK(verdict_of(file) == Verdict::no_image);
  }
  for (const std::string& file :
       {kPngMagic, "GIF89a"s, "\xff\xd8\xff"s, png(10, 10, 2, "x"), png(0, 10, 2, "x"),
        png(2000, 2147483647, 2, "x"), gif(10, 10, 0, 0, 0, 10), "GIF89a\x0a\0\x0a\0\0\0\0;"s}) {
    CHECK(verdict_of(file) == Verdict::damaged);
  }
}

TEST_CASE("a file that is cut anywhere is refused") {
  for (const std::string& whole :
       {plain_png(40, 30, "\xff\0\0"s), gif(40, 30, 0, 0, 40, 30), jpeg(40, 30)}) {
    REQUIRE(verdict_of(whole) == Verdict::ok);
    // A GIF is read to the end of its first frame: a code and two bytes.
    for (size_t size = 8; size + 6 < whole.size(); ++size) {
      INFO(size);
      CHECK(verdict_of(whole.substr(0, size)) != Verdict::ok);
    }
  }
}

TEST_CASE("a file with any byte changed does no harm") {
  std::mt19937 random(11);
  for (const std::string& whole :
       {plain_png(40, 30, "\xff\0\0"s), gif(40, 30, 0, 0, 40, 30), jpeg(40, 30),
        with_segments(jpeg(40, 30), jpeg_segment('\xe1', exif(6)))}) {
    for (int i = 0; i < 2000; ++i) {
      std::string changed = whole;
      for (unsigned flips = random() % 4 + 1; flips > 0; --flips)
        changed[random() % changed.size()] = static_cast<char>(random());
      const AvatarOutcome outcome = make_avatar(changed);
      CHECK((outcome.verdict == Verdict::ok) == !outcome.jpeg.empty());
    }
  }
}

TEST_CASE("data in a file beside the image is not kept") {
  const std::string script = "<script>alert(1)</script>";
  const std::string zip = "PK\x03\x04" + script;
  std::string many;
  for (int i = 0; i < 60; ++i)
    many += jpeg_segment('\xe1', "Exif" + std::string(60000, 'x') + script);
  const std::string text_bomb =
      png_chunk("zTXt", "Comment"s + std::string(2, '\0') + deflated(std::string(50 << 20, 'x')));
  for (const std::string& file :
       {jpeg(40, 30) + zip, plain_png(40, 30, "\xff\0\0"s) + zip, gif(40, 30, 0, 0, 40, 30) + zip,
        with_segments(jpeg(40, 30), jpeg_segment('\xfe', script)),
        with_segments(jpeg(40, 30), many),
        png(10, 10, 2, std::string(310, '\0'), png_chunk("tEXt", "a\0"s + script)),
        png(10, 10, 2, std::string(310, '\0'), text_bomb)}) {
    const AvatarOutcome outcome = make_avatar(file);
    CHECK(outcome.verdict == Verdict::ok);
    CHECK(outcome.jpeg.find("script") == std::string::npos);
    CHECK(outcome.jpeg.ends_with("\xff\xd9"));
    CHECK(outcome.jpeg.size() < 10000);
  }
}
