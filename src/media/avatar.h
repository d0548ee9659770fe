// Turns an image file from a stranger into the JPEG that is stored: its type is detected from the
// content, then it is decoded, rotated upright, scaled down and re-encoded without metadata. The
// decoders read hostile bytes, so this runs in the worker (worker.h) and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "media/verdict.h"

namespace authd::media {

// Limit for the uploaded file.
inline constexpr size_t kMaxFile = 5 << 20;

// Limit for the resulting JPEG; stays under the 100 KiB of a value in the store.
inline constexpr size_t kMaxAvatar = 90 << 10;

// Whether the file begins as one of the types that make_avatar() takes. Decodes nothing, so it may
// be asked outside the worker.
bool begins_as_picture(std::string_view file);

struct AvatarOutcome {
  Verdict verdict = Verdict::no_image;
  std::string jpeg;  // with Verdict::ok
};

AvatarOutcome make_avatar(std::string_view file);

}  // namespace authd::media
