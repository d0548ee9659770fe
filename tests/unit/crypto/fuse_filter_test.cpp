#include "crypto/lists/fuse_filter.h"

#include <catch2/catch.hpp>

namespace authd::crypto {
namespace {

std::vector<uint64_t> some_keys(size_t count) {
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < count; ++i)
    keys.push_back(mixed(i + 1));
  return keys;
}

TEST_CASE("A filter knows all of its keys, whatever their number") {
  for (const size_t count : {1, 2, 3, 4, 7, 20, 100, 1000, 30000}) {
    CAPTURE(count);
    const std::vector<uint64_t> keys = some_keys(count);
    const auto filter = build_fuse_filter(keys);
    REQUIRE(filter);
    REQUIRE(filter->shape.is_sound());
    REQUIRE(filter->shape.places() == filter->fingerprints.size());
    size_t known = 0;
    for (const uint64_t key : keys)
      known += filter->contains(key) ? 1 : 0;
    REQUIRE(known == count);
  }
}

TEST_CASE("A filter takes one other key in 65,536 for one of its own") {
  const auto filter = build_fuse_filter(some_keys(5000));
  REQUIRE(filter);
  size_t wrong = 0;
  for (uint64_t i = 0; i < 1000000; ++i)
    wrong += filter->contains(mixed(i + 1000000)) ? 1 : 0;
  REQUIRE(wrong > 2);
  REQUIRE(wrong < 40);  // 15 on average
}

TEST_CASE("A filter of many keys needs less than 18 bits for each") {
  const auto filter = build_fuse_filter(some_keys(200000));
  REQUIRE(filter);
  REQUIRE(filter->fingerprints.size() * 16 < 200000 * 18);
}

TEST_CASE("The same keys give the same filter, and no keys an empty one") {
  const auto one = build_fuse_filter(some_keys(777));
  const auto other = build_fuse_filter(some_keys(777));
  REQUIRE(one);
  REQUIRE(other);
  REQUIRE(one->fingerprints == other->fingerprints);
  const auto empty = build_fuse_filter({});
  REQUIRE(empty);
  REQUIRE_FALSE(empty->contains(7));
}

TEST_CASE("Keys that are there twice cannot be separated") {
  std::vector<uint64_t> keys = some_keys(10);
  keys.push_back(keys.front());
  REQUIRE_FALSE(build_fuse_filter(keys));
}

TEST_CASE("A shape that leads outside of its places is not sound") {
  REQUIRE(FuseShape{.seed = 1, .segment_length = 4, .segments = 1}.is_sound());
  REQUIRE(FuseShape{}.is_sound());
  REQUIRE_FALSE(FuseShape{.seed = 1, .segment_length = 3, .segments = 1}.is_sound());
  REQUIRE_FALSE(FuseShape{.seed = 1, .segment_length = 0, .segments = 1}.is_sound());
  REQUIRE_FALSE(FuseShape{.seed = 1, .segment_length = 4, .segments = 0}.is_sound());
  REQUIRE_FALSE(FuseShape{.seed = 1, .segment_length = 1u << 19, .segments = 1}.is_sound());
  const FuseShape largest{.seed = 1, .segment_length = 1u << 18, .segments = 1u << 14};
  REQUIRE(largest.is_sound());
  for (uint64_t key = 0; key < 10000; ++key) {
    for (const uint64_t place : find(largest, mixed(key)).places)
      REQUIRE(place < largest.places());
  }
}

}  // namespace
}  // namespace authd::crypto
