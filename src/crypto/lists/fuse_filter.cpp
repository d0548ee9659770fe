#include "crypto/lists/fuse_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace authd::crypto {
namespace {

constexpr unsigned kPlaces = 4;
constexpr uint64_t kMaxSeeds = 100;  // one in a few is enough

// The numbers of the paper's section 4 for four places.
FuseShape shape_for(size_t count, uint64_t seed) {
  const double keys = std::max(static_cast<double>(count), 2.0);
  const double exponent = std::floor(std::log(keys) / std::log(2.91) - 0.5);
  FuseShape shape;
  shape.seed = seed;
  shape.segment_length = std::min(uint32_t{1} << static_cast<unsigned>(std::max(exponent, 2.0)),
                                  FuseShape::kMaxSegment);
  const double factor = std::max(1.075, 0.77 + 0.305 * std::log(600000.0) / std::log(keys));
  const auto capacity = static_cast<uint64_t>(std::ceil(keys * factor));
  const uint64_t all = (capacity + shape.segment_length - 1) / shape.segment_length;
  shape.segments = static_cast<uint32_t>(std::max<uint64_t>(all, kPlaces) - (kPlaces - 1));
  return shape;
}

// What the keys at one place leave: how many there are, and, as XORs, which.
class Places {
 public:
  explicit Places(uint64_t count) : keys_(count), counts_(count) {}

  // `which` of its four places this is for the key. False if there are too many keys here.
  bool add(uint64_t place, uint64_t key, unsigned which) {
    keys_[place] ^= key;
    counts_[place] = static_cast<uint8_t>((counts_[place] + kOne) ^ which);
    return counts_[place] >= kOne;
  }
  void remove(uint64_t place, uint64_t key, unsigned which) {
    keys_[place] ^= key;
    counts_[place] = static_cast<uint8_t>((counts_[place] - kOne) ^ which);
  }
  bool has_one(uint64_t place) const { return counts_[place] / kOne == 1; }
  // Of the only key.
  uint64_t key(uint64_t place) const { return keys_[place]; }
  unsigned which(uint64_t place) const { return counts_[place] % kOne; }

 private:
  static constexpr unsigned kOne = 4;  // the two bits below are the XOR of `which`
  std::vector<uint64_t> keys_;
  std::vector<uint8_t> counts_;
};

struct Peeled {
  uint64_t key;
  uint64_t place;  // where no other key is that was not peeled before
};

// Takes keys away that are alone somewhere, until none is left; their order. Empty if some stay.
std::vector<Peeled> peel(std::span<const uint64_t> keys, const FuseShape& shape) {
  Places places(shape.places());
  for (const uint64_t key : keys) {
    const FuseQuery query = find(shape, key);
    for (unsigned i = 0; i < kPlaces; ++i)
      if (!places.add(query.places[i], key, i)) return {};
  }
  std::vector<Peeled> order;
  order.reserve(keys.size());
  // The order itself is the queue of what was taken away last: a walk over all places finds where
  // to begin, and what becomes alone is taken at once.
  std::vector<uint64_t> waiting;
  for (uint64_t begin = 0; begin < shape.places(); ++begin) {
    waiting.push_back(begin);
    while (!waiting.empty()) {
      const uint64_t place = waiting.back();
      waiting.pop_back();
      if (!places.has_one(place)) continue;
      const uint64_t key = places.key(place);
      order.push_back({key, place});
      const FuseQuery query = find(shape, key);
      for (unsigned i = 0; i < kPlaces; ++i) {
        places.remove(query.places[i], key, i);
        if (places.has_one(query.places[i])) waiting.push_back(query.places[i]);
      }
    }
  }
  if (order.size() != keys.size()) order.clear();
  return order;
}

}  // namespace

// The finalizer of MurmurHash3.
uint64_t mixed(uint64_t bits) {
  bits ^= bits >> 33;
  bits *= 0xff51afd7ed558ccd;
  bits ^= bits >> 33;
  bits *= 0xc4ceb9fe1a85ec53;
  return bits ^ bits >> 33;
}

bool FuseShape::is_sound() const {
  if (segments == 0) return segment_length == 0;
  return std::has_single_bit(segment_length) && segment_length <= kMaxSegment &&
         uint64_t{segments} * segment_length <= uint64_t{1} << 32;
}

FuseQuery find(const FuseShape& shape, uint64_t key) {
  const uint64_t hash = mixed(key + shape.seed * 0x9e3779b97f4a7c15);
  const uint64_t range = uint64_t{shape.segments} * shape.segment_length;
  const uint64_t mask = shape.segment_length - 1;
  // The upper half of a product, so that the hash needs no division.
  const uint64_t first = (hash >> 32) * range >> 32;
  FuseQuery query{};
  // Segments follow one another, and 18 bits choose the place in each of the later ones.
  const uint64_t bits = mixed(hash);
  for (unsigned i = 0; i < kPlaces; ++i) {
    const uint64_t turn = i == 0 ? 0 : bits >> (18 * (i - 1)) & mask;
    query.places[i] = (first + i * uint64_t{shape.segment_length}) ^ turn;
  }
  query.fingerprint = static_cast<Fingerprint>(hash);
  return query;
}

bool FuseFilter::contains(uint64_t key) const {
  if (shape.segments == 0) return false;
  const FuseQuery query = find(shape, key);
  Fingerprint left = query.fingerprint;
  for (const uint64_t place : query.places)
    left ^= fingerprints[place];
  return left == 0;
}

std::optional<FuseFilter> build_fuse_filter(std::span<const uint64_t> keys) {
  FuseFilter filter;
  if (keys.empty()) return filter;
  std::vector<Peeled> order;
  for (uint64_t seed = 1; order.empty(); ++seed) {
    if (seed > kMaxSeeds) return std::nullopt;
    filter.shape = shape_for(keys.size(), seed);
    order = peel(keys, filter.shape);
  }
  filter.fingerprints.resize(filter.shape.places());
  // Backwards: the place where a key was alone is set last of its four.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const FuseQuery query = find(filter.shape, it->key);
    Fingerprint value = query.fingerprint;
    for (const uint64_t place : query.places)
      if (place != it->place) value ^= filter.fingerprints[place];
    filter.fingerprints[it->place] = value;
  }
  return filter;
}

}  // namespace authd::crypto
