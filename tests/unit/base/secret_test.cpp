#include "base/secret.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <new>

using namespace authd;

namespace {

// Storage for one Secret whose bytes can be inspected after its destruction.
class Room {
 public:
  Password* make(std::string text) { return new (bytes_) Password(std::move(text)); }
  bool has(std::string_view text) const {
    return memmem(bytes_, sizeof bytes_, text.data(), text.size()) != nullptr;
  }

 private:
  alignas(Password) unsigned char bytes_[sizeof(Password)] = {};
};

}  // namespace

TEST_CASE("wiping overwrites everything that a string ever held, even past its end") {
  std::string text = "a rather long secret, on the heap";
  const std::string_view buffer(text.data(), text.capacity());
  text = "short";  // Keeps the buffer, with the tail of the longer text in it.
  REQUIRE(text.data() == buffer.data());
  REQUIRE(buffer.find("long secret") != std::string_view::npos);
  wipe(text);
  CHECK(text.empty());
  REQUIRE(text.data() == buffer.data());  // So `buffer` may still be read.
  CHECK(buffer == std::string(buffer.size(), '\0'));
}

TEST_CASE("a short secret, which is inside the object, is gone after its destruction") {
  Room room;
  Password* password = room.make("hunter2!");
  REQUIRE(room.has("hunter2"));
  password->~Password();
  CHECK_FALSE(room.has("hunter2"));
  CHECK_FALSE(room.has("nter2"));
}

TEST_CASE("a secret that was moved from holds nothing") {
  Room from;
  Password* first = from.make("hunter2!");
  const Password second(std::move(*first));
  CHECK(second.reveal() == "hunter2!");
  CHECK(first->empty());
  CHECK_FALSE(from.has("nter2"));
  first->~Password();
}

TEST_CASE("assigning a secret wipes both the old one and the one moved from") {
  Room to;
  Room from;
  Password* target = to.make("old-secret!");
  Password* source = from.make("new");
  *target = std::move(*source);
  CHECK(target->reveal() == "new");
  CHECK_FALSE(to.has("secret"));
  CHECK(source->empty());
  CHECK_FALSE(from.has("new"));
  target->~Password();
  source->~Password();
}

TEST_CASE("assigning a secret to itself keeps it") {
  Password password(std::string("hunter2!"));
  Password& same = password;
  password = std::move(same);
  CHECK(password.reveal() == "hunter2!");
}

TEST_CASE("a secret neither compares, copies nor prints itself") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Password>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Password>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, Password>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Password, std::string>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Password, std::string_view>);
  STATIC_REQUIRE_FALSE(std::equality_comparable<Password>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Password, RefreshToken&&>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Password>);
}
