// On failure libpng leaves its functions with longjmp. So the function here that it may jump out of
// holds nothing with a destructor.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "media/picture.h"

namespace authd::media {
namespace {

constexpr size_t kMaxChunk = 1 << 20;

void take_bytes(png_structp png, png_bytep to, size_t size) {
  auto& rest = *static_cast<std::string_view*>(png_get_io_ptr(png));
  if (size > rest.size()) png_error(png, "cut off");
  std::memcpy(to, rest.data(), size);
  rest.remove_prefix(size);
}

[[noreturn]] void leave(png_structp png, png_const_charp) {
  png_longjmp(png, 1);
}

void pass_over(png_structp, png_const_charp) {}

// Four bytes per pixel, with alpha.
Verdict read(png_structp png, png_infop info, std::string_view& file, Picture& picture,
             std::vector<png_bytep>& rows) {
  // NOLINTNEXTLINE(cert-err52-cpp): the library's way
  if (setjmp(png_jmpbuf(png)) != 0) return Verdict::damaged;
  png_set_read_fn(png, &file, &take_bytes);
  // Texts, colour profiles and the like are not even unpacked.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_chunk_malloc_max(png, kMaxChunk);
  png_read_info(png, info);
  picture.width = png_get_image_width(png, info);
  picture.height = png_get_image_height(png, info);
  if (picture.width > kMaxSide || picture.height > kMaxSide) return Verdict::too_many_pixels;
  png_set_expand(png);  // palettes, few bits, transparent colours
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const size_t row_bytes = size_t{picture.width} * 4;
  if (png_get_rowbytes(png, info) != row_bytes) return Verdict::damaged;
  picture.rgb.resize(row_bytes * picture.height);
  rows.resize(picture.height);
  for (size_t y = 0; y < picture.height; ++y)
    rows[y] = &picture.rgb[y * row_bytes];
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  return Verdict::ok;
}

// Blends onto white, in place: a pixel's three bytes never overtake its four.
void flatten(Picture& picture) {
  const size_t pixels = size_t{picture.width} * picture.height;
  for (size_t i = 0; i < pixels; ++i) {
    const unsigned alpha = picture.rgb[i * 4 + 3];
    for (size_t c = 0; c < 3; ++c) {
      const unsigned value = picture.rgb[i * 4 + c];
      picture.rgb[i * 3 + c] =
          static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  picture.rgb.resize(pixels * 3);
}

}  // namespace

Verdict decode_png(std::string_view file, Picture& picture) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, &leave, &pass_over);
  if (png == nullptr) return Verdict::damaged;
  png_infop info = png_create_info_struct(png);
  std::vector<png_bytep> rows;
  const Verdict verdict = info == nullptr ? Verdict::damaged : read(png, info, file, picture, rows);
  png_destroy_read_struct(&png, &info, nullptr);
  if (verdict == Verdict::ok) flatten(picture);
  return verdict;
}

}  // namespace authd::media
