#include "media/avatar.h"

#include "media/picture.h"

namespace authd::media {
namespace {

using namespace std::string_view_literals;

bool begins_as_png(std::string_view file) {
  return file.starts_with("\x89PNG\r\n\x1a\n"sv);
}

bool begins_as_gif(std::string_view file) {
  return file.starts_with("GIF87a"sv) || file.starts_with("GIF89a"sv);
}

bool begins_as_jpeg(std::string_view file) {
  return file.starts_with("\xff\xd8\xff"sv);
}

Verdict decode(std::string_view file, Picture& picture, unsigned& orientation) {
  if (begins_as_png(file)) return decode_png(file, picture);
  if (begins_as_gif(file)) return decode_gif(file, picture);
  if (begins_as_jpeg(file)) return decode_jpeg(file, picture, orientation);
  return Verdict::no_image;
}

}  // namespace

bool begins_as_picture(std::string_view file) {
  return begins_as_png(file) || begins_as_gif(file) || begins_as_jpeg(file);
}

AvatarOutcome make_avatar(std::string_view file) {
  Picture picture;
  unsigned orientation = 1;
  const Verdict verdict = decode(file, picture, orientation);
  if (verdict != Verdict::ok) return {verdict, ""};
  picture = turn(shrink(std::move(picture), kAvatarSide), orientation);
  std::string jpeg = encode_jpeg(picture, kMaxAvatar);
  if (jpeg.empty()) return {Verdict::damaged, ""};
  return {Verdict::ok, std::move(jpeg)};
}

}  // namespace authd::media
