// Images from strangers: an accepted one becomes a small JPEG that the same decoder accepts.
#include "media/avatar.h"
#include "media/picture.h"
#include "target.h"

namespace authd::fuzz {

void run(std::string_view input) {
  const media::AvatarOutcome outcome = media::make_avatar(input);
  if (outcome.verdict != media::Verdict::ok) {
    CHECK(outcome.jpeg.empty());
  } else {
    CHECK(!outcome.jpeg.empty() && outcome.jpeg.size() <= media::kMaxAvatar);
    media::Picture again;
    unsigned orientation = 0;
    CHECK(media::decode_jpeg(outcome.jpeg, again, orientation) == media::Verdict::ok);
    CHECK(orientation == 1);
    CHECK(again.width >= 1 && again.width <= media::kAvatarSide);
    CHECK(again.height >= 1 && again.height <= media::kAvatarSide);
  }
  const unsigned turned = media::exif_orientation(input);
  CHECK(turned >= 1 && turned <= 8);
}

}  // namespace authd::fuzz
