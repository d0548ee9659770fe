// Generated image files, valid and hostile; no foreign files are needed.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "media/picture.h"

namespace authd::test {

inline std::string be32(uint32_t n) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(n >> shift & 0xff);
  return bytes;
}

inline std::string le16(unsigned n) {
  return {static_cast<char>(n & 0xff), static_cast<char>(n >> 8)};
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return be32(static_cast<uint32_t>(data.size())) + body + be32(static_cast<uint32_t>(crc));
}

inline std::string deflated(const std::string& data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(data.data()), data.size(), 9);
  out.resize(size);
  return out;
}

inline const std::string kPngMagic = "\x89PNG\r\n\x1a\n";

// `rows` has a filter byte before each row. Colour type 2 is RGB, 6 is RGBA.
inline std::string png(uint32_t width, uint32_t height, int color_type, const std::string& rows,
                       const std::string& before_data = "") {
  const std::string header =
      be32(width) + be32(height) + '\x08' + static_cast<char>(color_type) + std::string(3, '\0');
  return kPngMagic + png_chunk("IHDR", header) + before_data + png_chunk("IDAT", deflated(rows)) +
         png_chunk("IEND", "");
}

// In a single colour.
inline std::string plain_png(uint32_t width, uint32_t height, const std::string& pixel) {
  std::string row(1, '\0');
  for (uint32_t x = 0; x < width; ++x)
    row += pixel;
  std::string rows;
  for (uint32_t y = 0; y < height; ++y)
    rows += row;
  return png(width, height, pixel.size() == 4 ? 6 : 2, rows);
}

// A frame of colour 1 of {black, red}: codes of three bits, the table cleared before it would grow.
inline std::string gif(unsigned screen_width, unsigned screen_height, unsigned left, unsigned top,
                       unsigned width, unsigned height, const std::string& before_frame = "") {
  std::string file = "GIF89a" + le16(screen_width) + le16(screen_height) + '\x80' +
                     std::string(2, '\0') + std::string(3, '\0') + "\xff" + std::string(2, '\0');
  file += before_frame;
  file += "," + le16(left) + le16(top) + le16(width) + le16(height) + '\0' + '\x02';
  uint32_t bits = 0;
  int count = 0;
  std::string codes;
  const auto put = [&](uint32_t code) {
    bits |= code << count;
    for (count += 3; count >= 8; count -= 8, bits >>= 8)
      codes += static_cast<char>(bits & 0xff);
  };
  for (unsigned long i = 0; i < static_cast<unsigned long>(width) * height; ++i) {
    if (i % 2 == 0) put(4);  // clear
    put(1);
  }
  put(5);  // end
  if (count > 0) codes += static_cast<char>(bits & 0xff);
  for (size_t at = 0; at < codes.size(); at += 255) {
    const std::string block = codes.substr(at, 255);
    file += static_cast<char>(block.size()) + block;
  }
  return file + '\0' + ";";
}

// Left half red, right half blue.
inline media::Picture two_halves(unsigned width, unsigned height) {
  media::Picture picture{width, height, {}};
  for (unsigned y = 0; y < height; ++y) {
    for (unsigned x = 0; x < width; ++x) {
      const bool is_left = x < width / 2;
      picture.rgb.insert(picture.rgb.end(), {static_cast<uint8_t>(is_left ? 255 : 0), 0,
                                             static_cast<uint8_t>(is_left ? 0 : 255)});
    }
  }
  return picture;
}

inline std::string jpeg_segment(char marker, const std::string& data) {
  const size_t size = data.size() + 2;
  return std::string("\xff") + marker + static_cast<char>(size >> 8) +
         static_cast<char>(size & 0xff) + data;
}

// The segments follow the first two bytes.
inline std::string with_segments(const std::string& jpeg, const std::string& segments) {
  return jpeg.substr(0, 2) + segments + jpeg.substr(2);
}

inline std::string exif(unsigned orientation) {
  using namespace std::string_literals;
  return "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + le16(orientation) +
         std::string(6, '\0');
}

}  // namespace authd::test
