// An image file of a stranger becomes the JPEG that is kept of it: the type told by the content,
// decoded, turned the right way up, made small, encoded anew without metadata. The decoders see
// hostile bytes, so this runs in the worker (worker.h) and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "media/verdict.h"

namespace authd::media {

// Of the file that is sent.
inline constexpr size_t kMaxFile = 5 << 20;

// Of the JPEG that comes of it; stays under the 100 KiB of a value in the store.
inline constexpr size_t kMaxAvatar = 90 << 10;

struct AvatarOutcome {
  Verdict verdict = Verdict::no_image;
  std::string jpeg;  // with Verdict::ok
};

AvatarOutcome make_avatar(std::string_view file);

}  // namespace authd::media
