// Reads the first frame of a GIF and nothing after it: giflib's DGifSlurp() would unpack all.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "media/picture.h"

namespace authd::media {
namespace {

constexpr uint8_t kWhite = 0xff;

struct Closer {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

int take_bytes(GifFileType* gif, GifByteType* to, int size) {
  auto& rest = *static_cast<std::string_view*>(gif->UserData);
  const size_t taken = std::min(static_cast<size_t>(std::max(size, 0)), rest.size());
  std::memcpy(to, rest.data(), taken);
  rest.remove_prefix(taken);
  return static_cast<int>(taken);
}

// Reads an extension; a graphics control extension sets the transparent colour.
bool take_extension(GifFileType* gif, int& transparent) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(gif, &code, &block) != GIF_OK) return false;
  while (block != nullptr) {
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
      transparent = control.TransparentColor;
    }
    if (DGifGetExtensionNext(gif, &block) != GIF_OK) return false;
  }
  return true;
}

// Copies the frame's line to row `y` of the picture, clipped to the picture.
void paint(const std::vector<GifPixelType>& line, const GifImageDesc& frame,
           const ColorMapObject& colors, int transparent, size_t y, Picture& picture) {
  if (y >= picture.height) return;
  const auto left = static_cast<size_t>(frame.Left);
  for (size_t x = 0; x < line.size() && left + x < picture.width; ++x) {
    const int color = line[x];
    if (color == transparent || color >= colors.ColorCount) continue;
    uint8_t* const pixel = &picture.rgb[(y * picture.width + left + x) * 3];
    pixel[0] = colors.Colors[color].Red;
    pixel[1] = colors.Colors[color].Green;
    pixel[2] = colors.Colors[color].Blue;
  }
}

Verdict read_frame(GifFileType* gif, int transparent, Picture& picture) {
  if (DGifGetImageDesc(gif) != GIF_OK) return Verdict::damaged;
  const GifImageDesc& frame = gif->Image;
  const ColorMapObject* colors = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
  if (frame.Width <= 0 || frame.Height <= 0 || frame.Left < 0 || frame.Top < 0 ||
      colors == nullptr) {
    return Verdict::damaged;
  }
  const bool has_screen = gif->SWidth > 0 && gif->SHeight > 0;
  picture.width = static_cast<unsigned>(has_screen ? gif->SWidth : frame.Left + frame.Width);
  picture.height = static_cast<unsigned>(has_screen ? gif->SHeight : frame.Top + frame.Height);
  constexpr int kSide = static_cast<int>(kMaxSide);
  if (picture.width > kMaxSide || picture.height > kMaxSide || frame.Width > kSide ||
      frame.Height > kSide) {
    return Verdict::too_many_pixels;
  }
  picture.rgb.assign(size_t{picture.width} * picture.height * 3, kWhite);
  std::vector<GifPixelType> line(static_cast<size_t>(frame.Width));
  // GIF89a, appendix E: every eighth line from 0, every eighth from 4, every fourth from 2, …
  struct Pass {
    int first;
    int step;
  };
  constexpr Pass kInterlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  constexpr Pass kPlain[] = {{0, 1}};
  const auto paint_pass = [&](const Pass& pass) {
    for (int y = pass.first; y < frame.Height; y += pass.step) {
      if (DGifGetLine(gif, line.data(), frame.Width) != GIF_OK) return false;
      const size_t row = static_cast<size_t>(frame.Top) + static_cast<size_t>(y);
      paint(line, frame, *colors, transparent, row, picture);
    }
    return true;
  };
  const bool is_whole =
      frame.Interlace ? std::all_of(std::begin(kInterlaced), std::end(kInterlaced), paint_pass)
                      : paint_pass(kPlain[0]);
  return is_whole ? Verdict::ok : Verdict::damaged;
}

}  // namespace

Verdict decode_gif(std::string_view file, Picture& picture) {
  const std::unique_ptr<GifFileType, Closer> gif(DGifOpen(&file, &take_bytes, nullptr));
  if (!gif) return Verdict::damaged;
  int transparent = NO_TRANSPARENT_COLOR;
  while (true) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif.get(), &record) != GIF_OK) return Verdict::damaged;
    if (record == IMAGE_DESC_RECORD_TYPE) return read_frame(gif.get(), transparent, picture);
    if (record != EXTENSION_RECORD_TYPE) return Verdict::damaged;
    if (!take_extension(gif.get(), transparent)) return Verdict::damaged;
  }
}

}  // namespace authd::media
