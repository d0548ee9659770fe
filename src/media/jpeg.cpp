// On failure libjpeg-turbo leaves its functions with longjmp. So functions here that it may jump
// out of hold nothing with a destructor.
#include <cstdio>  // jpeglib.h needs it before itself

#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>

#include "media/picture.h"

namespace authd::media {
namespace {

// A progressive JPEG can demand a pass over the whole image for every few bytes of file.
constexpr int kMaxScans = 100;
constexpr unsigned kMaxSegment = 0xffff;
constexpr int kExif = JPEG_APP0 + 1;

struct Errors {
  jpeg_error_mgr manager;  // first, so a pointer to it is also a pointer to this object
  std::jmp_buf where;
  bool is_cut;
};

Errors& errors_of(j_common_ptr any) {
  return *reinterpret_cast<Errors*>(any->err);
}

[[noreturn]] void leave(j_common_ptr any) {
  std::longjmp(errors_of(any).where, 1);  // NOLINT(cert-err52-cpp): the library's way
}

// If the file ends too early, the library continues in grey.
void take_message(j_common_ptr any, int level) {
  if (level < 0 && any->err->msg_code == JWRN_JPEG_EOF) errors_of(any).is_cut = true;
}

void limit_scans(j_common_ptr any) {
  if (reinterpret_cast<j_decompress_ptr>(any)->input_scan_number > kMaxScans) leave(any);
}

void prepare(Errors& errors) {
  jpeg_std_error(&errors.manager);
  errors.manager.error_exit = &leave;
  errors.manager.emit_message = &take_message;
  errors.manager.output_message = [](j_common_ptr) {};
  errors.is_cut = false;
}

// Converts inks to light. Adobe stores them inverted.
void from_cmyk(const uint8_t* from, size_t pixels, bool is_inverted, uint8_t* to) {
  for (size_t i = 0; i < pixels; ++i) {
    const auto light = [&](size_t channel) {
      const unsigned ink = from[i * 4 + channel];
      return is_inverted ? ink : 255 - ink;
    };
    for (size_t c = 0; c < 3; ++c)
      to[i * 3 + c] = static_cast<uint8_t>(light(c) * light(3) / 255);
  }
}

Verdict read(jpeg_decompress_struct& jpeg, Errors& errors, std::string_view file, Picture& picture,
             std::vector<uint8_t>& row, unsigned& orientation) {
  // NOLINTNEXTLINE(cert-err52-cpp)
  if (setjmp(errors.where) != 0) return Verdict::damaged;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_save_markers(&jpeg, kExif, kMaxSegment);
  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.image_width > kMaxSide || jpeg.image_height > kMaxSide) return Verdict::too_many_pixels;
  for (jpeg_saved_marker_ptr at = jpeg.marker_list; at != nullptr; at = at->next) {
    if (at->marker != kExif) continue;
    orientation = exif_orientation({reinterpret_cast<const char*>(at->data), at->data_length});
    break;
  }
  const bool is_cmyk = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  jpeg.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  // An image that will be shrunk anyway is decoded directly at half or a quarter of its size.
  jpeg.scale_num = 1;
  jpeg.scale_denom = 1;
  while (std::max(jpeg.image_width, jpeg.image_height) / (jpeg.scale_denom * 2) >= kAvatarSide)
    jpeg.scale_denom *= 2;
  jpeg_start_decompress(&jpeg);
  picture.width = jpeg.output_width;
  picture.height = jpeg.output_height;
  const size_t width = jpeg.output_width;
  picture.rgb.resize(width * picture.height * 3);
  row.resize(width * 4);
  while (jpeg.output_scanline < jpeg.output_height) {
    uint8_t* const target = &picture.rgb[jpeg.output_scanline * width * 3];
    JSAMPROW line = is_cmyk ? row.data() : target;
    jpeg_read_scanlines(&jpeg, &line, 1);
    if (is_cmyk) from_cmyk(row.data(), width, jpeg.saw_Adobe_marker != 0, target);
  }
  jpeg_finish_decompress(&jpeg);
  return errors.is_cut ? Verdict::damaged : Verdict::ok;
}

bool write(jpeg_compress_struct& jpeg, Errors& errors, const Picture& picture, int quality,
           unsigned char*& bytes, unsigned long& size) {
  // NOLINTNEXTLINE(cert-err52-cpp)
  if (setjmp(errors.where) != 0) return false;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = picture.width;
  jpeg.image_height = picture.height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.optimize_coding = TRUE;
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    // The library only reads it.
    JSAMPROW line =
        const_cast<uint8_t*>(&picture.rgb[size_t{jpeg.next_scanline} * picture.width * 3]);
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

Verdict decode_jpeg(std::string_view file, Picture& picture, unsigned& orientation) {
  Errors errors;
  prepare(errors);
  jpeg_decompress_struct jpeg{};
  jpeg.err = &errors.manager;
  jpeg_progress_mgr progress{};
  progress.progress_monitor = &limit_scans;
  jpeg_create_decompress(&jpeg);
  jpeg.progress = &progress;
  std::vector<uint8_t> row;
  orientation = 1;
  const Verdict verdict = read(jpeg, errors, file, picture, row, orientation);
  jpeg_destroy_decompress(&jpeg);
  return verdict;
}

std::string encode_jpeg(const Picture& picture, size_t max_bytes) {
  for (const int quality : {88, 75, 60, 45, 30, 15}) {
    Errors errors;
    prepare(errors);
    jpeg_compress_struct jpeg{};
    jpeg.err = &errors.manager;
    jpeg_create_compress(&jpeg);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    const bool is_done = write(jpeg, errors, picture, quality, bytes, size);
    jpeg_destroy_compress(&jpeg);
    std::string made;
    if (is_done) made.assign(reinterpret_cast<const char*>(bytes), size);
    std::free(bytes);
    if (is_done && made.size() <= max_bytes) return made;
  }
  return "";
}

}  // namespace authd::media
