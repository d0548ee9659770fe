// A decoded image, and the steps between decoding and encoding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media/verdict.h"

namespace authd::media {

// The longest side that is accepted, and the longest that is returned.
inline constexpr unsigned kMaxSide = 2000;
inline constexpr unsigned kAvatarSide = 500;

struct Picture {
  unsigned width = 0;
  unsigned height = 0;
  std::vector<uint8_t> rgb;  // three bytes per pixel, row by row
};

// Scales the picture to fit into a square of `side`, keeping its proportions; one that already fits
// is unchanged. Each new pixel is the mean of the area that it covers.
Picture shrink(Picture picture, unsigned side);

// The picture turned upright according to the EXIF orientation (CIPA DC-008, tag 0x0112): 1 to 8,
// anything else leaves it unchanged.
Picture turn(Picture picture, unsigned orientation);

// The orientation in an APP1 segment of a JPEG; 1 if there is none, or an invalid one.
unsigned exif_orientation(std::string_view segment);

// Each reads a whole file. Sides are checked before memory is allocated for them. Transparency
// becomes white. A GIF yields its first frame; a JPEG sets `orientation`.
Verdict decode_png(std::string_view file, Picture& picture);
Verdict decode_gif(std::string_view file, Picture& picture);
Verdict decode_jpeg(std::string_view file, Picture& picture, unsigned& orientation);

// A baseline JPEG without any metadata, of at most `max_bytes`: the quality is reduced until it
// fits. Empty if it never does.
std::string encode_jpeg(const Picture& picture, size_t max_bytes);

}  // namespace authd::media
