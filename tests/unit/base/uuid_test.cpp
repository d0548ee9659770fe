#include "base/uuid.h"

#include <catch2/catch.hpp>
#include <set>

using namespace authd;

namespace {

// Gives one byte only.
class Constant final : public Random {
 public:
  explicit Constant(uint8_t byte) : byte_(byte) {}
  void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  uint8_t byte_;
};

}  // namespace

TEST_CASE("a UUID has the version and the variant of RFC 9562, whatever the random bytes are") {
  Constant zeros(0);
  Constant ones(0xff);
  CHECK(make_uuid(zeros) == "00000000-0000-4000-8000-000000000000");
  CHECK(make_uuid(ones) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST_CASE("a thousand UUIDs are of the form and differ") {
  SystemRandom random;
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    const std::string one = make_uuid(random);
    CHECK(is_uuid(one));
    all.insert(one);
  }
  CHECK(all.size() == 1000);
}

TEST_CASE("only the one form is a UUID") {
  CHECK(is_uuid("3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b16"));
  for (const char* other :
       {"", "7", "3F1C9A52-7D0E-4B68-9C41-E2A5D8F07B16", "3f1c9a527d0e4b689c41e2a5d8f07b16",
        "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b1", "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b166",
        "3f1c9a52-7d0e-4b68-9c41ae2a5d8f07b16", "3f1c9a527-d0e-4b68-9c41-e2a5d8f07b16",
        "3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b1g", "------------------------------------",
        "{3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b}", " 3f1c9a52-7d0e-4b68-9c41-e2a5d8f07b1"}) {
    CAPTURE(other);
    CHECK_FALSE(is_uuid(other));
  }
}
