#include "media/picture.h"

#include <algorithm>

namespace authd::media {
namespace {

constexpr size_t kChannels = 3;

// Pixels in a line, `stride` bytes apart.
struct Line {
  size_t offset;
  size_t stride;
};

// Source pixel p covers [p * to_count, (p + 1) * to_count), target pixel i covers [i * from_count,
// (i + 1) * from_count): so all weights are exact integers.
void shrink_line(const uint8_t* from, Line source, size_t from_count, uint8_t* to, Line target,
                 size_t to_count) {
  for (size_t i = 0; i < to_count; ++i) {
    const size_t low = i * from_count;
    const size_t high = low + from_count;
    size_t sums[kChannels] = {};
    for (size_t p = low / to_count; p * to_count < high; ++p) {
      const size_t weight = std::min(high, (p + 1) * to_count) - std::max(low, p * to_count);
      for (size_t c = 0; c < kChannels; ++c)
        sums[c] += weight * from[source.offset + p * source.stride + c];
    }
    for (size_t c = 0; c < kChannels; ++c) {
      to[target.offset + i * target.stride + c] =
          static_cast<uint8_t>((sums[c] + from_count / 2) / from_count);
    }
  }
}

Picture blank(unsigned width, unsigned height) {
  return {width, height, std::vector<uint8_t>(size_t{width} * height * kChannels)};
}

Picture narrow(const Picture& picture, unsigned width) {
  Picture made = blank(width, picture.height);
  for (size_t y = 0; y < picture.height; ++y) {
    shrink_line(picture.rgb.data(), {y * picture.width * kChannels, kChannels}, picture.width,
                made.rgb.data(), {y * width * kChannels, kChannels}, width);
  }
  return made;
}

Picture lower(const Picture& picture, unsigned height) {
  Picture made = blank(picture.width, height);
  const size_t row = size_t{picture.width} * kChannels;
  for (size_t x = 0; x < picture.width; ++x) {
    shrink_line(picture.rgb.data(), {x * kChannels, row}, picture.height, made.rgb.data(),
                {x * kChannels, row}, height);
  }
  return made;
}

// The number of `size` bytes at `at`; 0 beyond the end.
uint32_t number_at(std::string_view bytes, size_t at, size_t size, bool is_little) {
  if (at > bytes.size() || size > bytes.size() - at) return 0;
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    const size_t place = is_little ? at + size - 1 - i : at + i;
    number = number << 8 | static_cast<uint8_t>(bytes[place]);
  }
  return number;
}

}  // namespace

Picture shrink(Picture picture, unsigned side) {
  const unsigned longest = std::max(picture.width, picture.height);
  if (longest <= side) return picture;
  const auto scaled = [&](unsigned length) {
    return std::max(1u, (length * side + longest / 2) / longest);
  };
  return lower(narrow(picture, scaled(picture.width)), scaled(picture.height));
}

Picture turn(Picture picture, unsigned orientation) {
  if (orientation < 2 || orientation > 8) return picture;
  const bool swaps = orientation >= 5;
  const unsigned w = picture.width;
  const unsigned h = picture.height;
  Picture made = blank(swaps ? h : w, swaps ? w : h);
  for (unsigned y = 0; y < made.height; ++y) {
    for (unsigned x = 0; x < made.width; ++x) {
      unsigned from_x = swaps ? y : x;
      unsigned from_y = swaps ? x : y;
      // 2, 3, 7, 8 begin at the right side of the stored image, 3, 4, 6, 7 at its bottom.
      if (orientation == 2 || orientation == 3 || orientation >= 7) from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        from_y = h - 1 - from_y;
      }
      std::copy_n(&picture.rgb[(size_t{from_y} * w + from_x) * kChannels], kChannels,
                  &made.rgb[(size_t{y} * made.width + x) * kChannels]);
    }
  }
  return made;
}

unsigned exif_orientation(std::string_view segment) {
  using namespace std::string_view_literals;
  constexpr unsigned kAsStored = 1;
  constexpr size_t kEntry = 12;
  constexpr uint32_t kOrientationTag = 0x0112;
  constexpr uint32_t kShort = 3;
  if (!segment.starts_with("Exif\0\0"sv)) return kAsStored;
  const std::string_view tiff = segment.substr(6);
  const bool is_little = tiff.starts_with("II*\0"sv);
  if (!is_little && !tiff.starts_with("MM\0*"sv)) return kAsStored;
  const size_t directory = number_at(tiff, 4, 4, is_little);
  const size_t count = number_at(tiff, directory, 2, is_little);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + i * kEntry;
    if (entry + kEntry > tiff.size()) break;
    if (number_at(tiff, entry, 2, is_little) != kOrientationTag) continue;
    const uint32_t value = number_at(tiff, entry + 8, 2, is_little);
    const bool is_known = number_at(tiff, entry + 2, 2, is_little) == kShort;
    return is_known && value >= 1 && value <= 8 ? value : kAsStored;
  }
  return kAsStored;
}

}  // namespace authd::media
