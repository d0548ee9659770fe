// The process in which images are decoded: this executable once more, with kWorkerArgument alone as
// its argument. It reads a file from descriptor 0 to its end, locked up before its first byte
// (sandbox.h), and writes one answer to descriptor 1: a byte, Verdict; four bytes, big-endian, the
// length of what follows; the JPEG.
#pragma once

namespace authd::media {

inline constexpr const char* kWorkerArgument = "--decode-an-image";

// Returns only when nobody reads the answer. Otherwise it ends the process.
int run_worker();

}  // namespace authd::media
