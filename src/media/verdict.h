// The outcome of decoding a file that should be an image.
#pragma once

#include <cstdint>

namespace authd::media {

// The numbers pass between two processes of the same binary.
enum class Verdict : uint8_t {
  ok = 0,
  no_image = 1,  // neither PNG nor JPEG nor GIF
  damaged = 2,   // truncated, or invalid in its format
  too_many_pixels = 3,
  no_sandbox = 4,  // the worker could not confine itself, and has read nothing
  no_memory = 5,   // the machine's fault: every allowed image fits into the worker's limits
};

}  // namespace authd::media
