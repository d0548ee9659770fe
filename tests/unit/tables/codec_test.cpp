#include "tables/rows/codec.h"

#include <catch2/catch.hpp>

#include "tables/rows/rows.h"

using namespace authd;
using namespace authd::tables;

namespace {

// A row as an older and a newer release declare it.
struct Older {
  uint64_t id = 0;
  std::string name;
  std::string city;
  std::string unknown;
  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(2, "name", self.name);
    visit(4, "city", self.city);
  }
};

struct Newer {
  uint64_t id = 0;
  std::vector<std::string> tags;
  std::string city;
  bool vip = false;
  std::string unknown;
  template <typename Self, typename Visitor>
  static void fields(Self& self, Visitor& visit) {
    visit(1, "id", self.id);
    visit(3, "tags", self.tags);
    visit(4, "city", self.city);
    visit(5, "vip", self.vip);
  }
};

}  // namespace

TEST_CASE("a user row survives encoding with every field set") {
  User user;
  user.id = UserId{300};
  user.username = "ann";
  user.email = "Ann@Example.org";
  user.email_verified = true;
  user.password_hash = std::string("a\0b", 3);
  user.first_name = "Änn";
  user.role_ids = {1, 128, 1ull << 40};
  user.disabled = true;
  user.created_at = Time(Milliseconds(1'800'000'000'123));
  user.session_epoch = UINT64_MAX;
  const User back = decode_row<User>(encode_row(user), "users");
  CHECK(back.id == user.id);
  CHECK(back.email == user.email);
  CHECK(back.email_verified);
  CHECK(back.password_hash == user.password_hash);
  CHECK(back.role_ids == user.role_ids);
  CHECK(back.disabled);
  CHECK(back.created_at == user.created_at);
  CHECK(back.session_epoch == UINT64_MAX);
  CHECK(back.last_name.empty());
  CHECK(encode_row(back) == encode_row(user));
}

TEST_CASE("fields of a newer release survive a read and a write by an older one") {
  Newer newer;
  newer.id = 7;
  newer.tags = {"x", "", "yy"};
  newer.city = "Ulm";
  newer.vip = true;
  Older older = decode_row<Older>(encode_row(newer), "test");
  CHECK(older.city == "Ulm");
  older.city = "Bonn";
  older.name = "Ann";
  const Newer back = decode_row<Newer>(encode_row(older), "test");
  CHECK(back.tags == newer.tags);
  CHECK(back.vip);
  CHECK(back.city == "Bonn");
  // The field that the newer release dropped ("name") is kept for the older one, in its place in
  // the order.
  CHECK(decode_row<Older>(encode_row(back), "test").name == "Ann");
}

TEST_CASE("an unknown field survives whatever its number is") {
  for (const uint64_t number : {5ull, 1ull << 32, ~0ull}) {
    std::string bytes = encode_row(Older{5, "Ann", "Ulm", ""});
    append_varint(bytes, number);
    bytes += std::string("\x02hi", 3);
    CHECK(encode_row(decode_row<Older>(bytes, "test")) == bytes);
  }
}

TEST_CASE("bytes that are no row are a fault, whatever they are") {
  const std::string good = encode_row(Older{5, "Ann", "Ulm", ""});
  for (size_t cut = 1; cut < good.size(); ++cut) {
    // A cut between two fields gives a shorter row; any other cut is damage.
    try {
      const Older row = decode_row<Older>(good.substr(0, cut), "test");
      CHECK(encode_row(row) == good.substr(0, cut));
    } catch (const store::Fault& fault) {
      CHECK(fault.kind() == store::FaultKind::corrupt);
    }
  }
  CHECK_THROWS_AS(decode_row<Older>("", "test"), store::Fault);
  CHECK_THROWS_AS(decode_row<Older>("\x02", "test"), store::Fault);  // foreign version
  CHECK_THROWS_AS(decode_row<Older>(good + good.substr(1), "test"), store::Fault);  // fields twice
  CHECK_THROWS_AS(decode_row<Older>(std::string("\x01\x01\x02\xff\xff", 5), "test"), store::Fault);
}

TEST_CASE("a value has one form, and one that its type does not hold is no row") {
  const auto row = [](std::string_view field) { return std::string("\x01") + std::string(field); };
  using namespace std::string_view_literals;
  CHECK(decode_row<Newer>(row("\x05\x01\x01"sv), "rows").vip);
  for (const std::string_view field : {
           "\x05\x01\x02"sv,      // a bool of 2
           "\x05\x01\x00"sv,      // a zero that could have been left out
           "\x04\x00"sv,          // an empty text
           "\x03\x00"sv,          // an empty list
           "\x05\x02\x80\x02"sv,  // 256: as a byte it would be zero
       }) {
    CHECK_THROWS_AS(decode_row<Newer>(row(field), "rows"), store::Fault);
  }
}

TEST_CASE("somebody who may be nobody has no field then, and the id 0 is nobody") {
  KeptUsername kept;
  kept.expires_at = Time(Milliseconds(1));
  const std::string of_nobody = encode_row(kept);
  CHECK_FALSE(decode_row<KeptUsername>(of_nobody, "row").holder);
  kept.holder = UserId{0};
  CHECK(encode_row(kept) == of_nobody);
  kept.holder = UserId{7};
  CHECK(decode_row<KeptUsername>(encode_row(kept), "row").holder == UserId{7});
  // The field is written for somebody alone.
  CHECK_THROWS_AS(decode_row<KeptUsername>(std::string("\x01\x01\x01\x00", 4), "row"),
                  store::Fault);
}

TEST_CASE("varints are exact at their borders") {
  for (const uint64_t number :
       {0ull, 1ull, 127ull, 128ull, 16383ull, 16384ull, 1ull << 63, ~0ull}) {
    std::string bytes;
    append_varint(bytes, number);
    std::string_view in = bytes;
    CHECK(take_varint(in) == number);
    CHECK(in.empty());
  }
  std::string_view too_big = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02";
  CHECK_FALSE(take_varint(too_big));
}

TEST_CASE("one number of a row is read without the others") {
  Newer row;
  row.id = 300;
  row.tags = {"x"};
  row.city = "Ulm";
  row.vip = true;
  const std::string bytes = encode_row(row);
  CHECK(decode_number(bytes, 1, "test") == 300);
  CHECK(decode_number(bytes, 5, "test") == 1);
  CHECK(decode_number(bytes, 2, "test") == 0);  // between two that exist
  CHECK(decode_number(bytes, 6, "test") == 0);
  CHECK(decode_number(encode_row(Newer{}), 1, "test") == 0);
  CHECK_THROWS_AS(decode_number(bytes, 4, "test"), store::Fault);  // a text
  CHECK_THROWS_AS(decode_number("", 1, "test"), store::Fault);
  CHECK_THROWS_AS(decode_number("\x02", 1, "test"), store::Fault);
  // A row cut between two fields has fewer of them; one cut inside a field is not a row.
  for (size_t size = 0; size < bytes.size(); ++size) {
    uint64_t number = 0;
    try {
      number = decode_number(bytes.substr(0, size), 5, "test");
    } catch (const store::Fault&) {
      continue;
    }
    CHECK(number == 0);
  }
}

TEST_CASE("a dump shows every field and hides secrets") {
  User user;
  user.username = "ann";
  user.password_hash = "$argon2id$secret";
  JsonWriter json;
  dump_row(json, user);
  CHECK(json.text().find("\"username\":\"ann\"") != std::string::npos);
  CHECK(json.text().find("argon2id") == std::string::npos);
  CHECK(json.text().find("\"password_hash\":\"(set)\"") != std::string::npos);
}
