#include "crypto/secret_box.h"

#include <catch2/catch.hpp>

using namespace authd;
using crypto::MasterKey;

namespace {

MasterKey key_of(char c) {
  return MasterKey(SecretKey(std::string(MasterKey::kBytes, c)));
}

}  // namespace

TEST_CASE("a sealed value opens with its key and context, and with nothing else") {
  SystemRandom random;
  const MasterKey key = key_of('a');
  const std::string secret("top\0secret", 10);
  const std::string sealed = key.seal(secret, "table/row", random);
  CHECK(key.open(sealed, "table/row") == secret);
  CHECK(key.seal(secret, "table/row", random) != sealed);
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK_FALSE(key.open(sealed, "table/other"));
  CHECK_FALSE(key_of('b').open(sealed, "table/row"));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    CHECK_FALSE(key.open(flipped, "table/row"));
    CHECK_FALSE(key.open(sealed.substr(0, i), "table/row"));
  }
  CHECK_FALSE(key.open(sealed + "x", "table/row"));
  CHECK(key.open(key.seal("", "c", random), "c") == "");
}

TEST_CASE("a key has a name, which its sealed values contain, and a line of a file") {
  SystemRandom random;
  const MasterKey key = MasterKey::generate(random);
  CHECK(key.id().size() == 8);
  CHECK(MasterKey::id_of(key.seal("x", "c", random)) == key.id());
  CHECK(MasterKey::id_of("").empty());
  CHECK(MasterKey::id_of(std::string(100, 'x')).empty());
  CHECK(MasterKey::generate(random).id() != key.id());
  std::string line(key.line().reveal());
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  CHECK(MasterKey::parse(line)->id() == key.id());
  CHECK_FALSE(MasterKey::parse(line + "A"));
}
