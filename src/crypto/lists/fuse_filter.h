// A binary fuse filter (Graf and Lemire 2022, "Binary Fuse Filters: Fast and Smaller Than Xor
// Filters", section 3), with four places for each key and fingerprints of 16 bits. It knows all of
// its keys, takes one other key in 65,536 for one of them, and needs about 17.3 bits for a key.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace authd::crypto {

using Fingerprint = uint16_t;

// Where the keys of a filter are. The places are `segments` + 3 segments of equal length.
struct FuseShape {
  uint64_t seed = 0;
  uint32_t segment_length = 0;  // a power of two, at most kMaxSegment
  uint32_t segments = 0;        // 0: no keys

  static constexpr uint32_t kMaxSegment = 1 << 18;

  // The number of fingerprints.
  uint64_t places() const { return segments == 0 ? 0 : (uint64_t{segments} + 3) * segment_length; }
  // Whether the members are within their limits, so that find() stays within places().
  bool is_sound() const;
};

// What a key needs: its fingerprint is the XOR of what is at its four places.
struct FuseQuery {
  std::array<uint64_t, 4> places;
  Fingerprint fingerprint;
};
// `shape` is sound and has segments.
FuseQuery find(const FuseShape& shape, uint64_t key);

struct FuseFilter {
  FuseShape shape;
  std::vector<Fingerprint> fingerprints;

  bool contains(uint64_t key) const;
};

// The keys are distinct, and fewer than 2^31. The same keys in the same order give the same filter.
// Needs about 24 bytes of memory for each key while it works. nullopt: no seed separates the keys,
// which does not happen to the hashes of texts.
std::optional<FuseFilter> build_fuse_filter(std::span<const uint64_t> keys);

// A reversible mixture of the bits.
uint64_t mixed(uint64_t bits);

}  // namespace authd::crypto
