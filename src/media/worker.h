// The process that decodes images: the same executable, with kWorkerArgument as its only argument.
// It confines itself (sandbox.h) before it reads the first byte, reads a file from descriptor 0 to
// its end, and writes one answer to descriptor 1: a byte, Verdict; four bytes, big-endian, the
// length of the rest; the JPEG.
#pragma once

namespace authd::media {

inline constexpr const char* kWorkerArgument = "--decode-an-image";

// Returns only if nobody reads the answer; otherwise it ends the process.
int run_worker();

}  // namespace authd::media
