#include "http/wire/arriving_head.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

using namespace authd::http;

namespace {

constexpr size_t kMaxHeader = 32 * 1024;
const std::string kHead =
    "POST http://auth.example/api/v1/x?a=b HTTP/1.1\r\nHost: other.example\r\n"
    "Content-Length: 5\r\nX-Empty:\r\nCookie:  a=1 \r\n\r\n";

// A buffer of its own for each text, whose memory is gone with it.
std::unique_ptr<char[]> copy_of(const std::string& text) {
  auto bytes = std::make_unique<char[]>(text.size());
  text.copy(bytes.get(), text.size());
  return bytes;
}

void check_leads_into(const Head& head, std::string_view buffer) {
  const auto is_inside = [&](std::string_view view) {
    return view.data() >= buffer.data() && view.data() + view.size() <= buffer.data() + head.bytes;
  };
  CHECK(head.method == Method::post);
  CHECK(head.target == "/api/v1/x?a=b");
  CHECK(head.path == "/api/v1/x");
  CHECK(head.host == "auth.example");
  CHECK((is_inside(head.target) && is_inside(head.path) && is_inside(head.host)));
  REQUIRE(head.headers.size() == 4);
  for (const auto& [key, value] : head.headers)
    CHECK((is_inside(key) && is_inside(value)));
  CHECK(*head.find("host") == "other.example");
  CHECK(*head.find("x-empty") == "");
  CHECK(*head.find("cookie") == "a=1");
}

}  // namespace

TEST_CASE("a head is parsed once, however many pieces its body comes in") {
  ArrivingHead arriving;
  std::string buffer = kHead;
  buffer.reserve(4096);
  REQUIRE(arriving.read(buffer, kMaxHeader).parsed == Parsed::complete);
  // If it was read again, it would be found out by this.
  buffer.replace(0, 4, "@@@@");
  for (const char c : {'h', 'e', 'l', 'l', 'o'}) {
    buffer += c;
    const HeadResult& result = arriving.read(buffer, kMaxHeader);
    REQUIRE(result.parsed == Parsed::complete);
    CHECK(result.head.bytes == kHead.size());
  }
  check_leads_into(arriving.head(), buffer);
}

TEST_CASE("what a head says moves along with the buffer") {
  ArrivingHead arriving;
  std::string text = kHead;
  auto buffer = copy_of(text);
  REQUIRE(arriving.read({buffer.get(), text.size()}, kMaxHeader).parsed == Parsed::complete);
  for (int i = 0; i < 5; ++i) {
    text += "x";
    auto larger = copy_of(text);
    std::fill_n(buffer.get(), text.size() - 1, '?');
    buffer = std::move(larger);
    const std::string_view now(buffer.get(), text.size());
    check_leads_into(arriving.read(now, kMaxHeader).head, now);
  }
  check_leads_into(arriving.take(), {buffer.get(), text.size()});
}

TEST_CASE("the target of an address without a path stays") {
  ArrivingHead arriving;
  const std::string text = "GET http://auth.example HTTP/1.1\r\nHost: x\r\n\r\n";
  auto buffer = copy_of(text);
  REQUIRE(arriving.read({buffer.get(), text.size()}, kMaxHeader).parsed == Parsed::complete);
  buffer = copy_of(text);
  const Head& head = arriving.read({buffer.get(), text.size()}, kMaxHeader).head;
  CHECK(head.target == "/");
  CHECK(head.path == "/");
  CHECK(head.host == "auth.example");
}

TEST_CASE("an incomplete head is read on, and what is wrong with it is told at once") {
  ArrivingHead arriving;
  for (size_t size = 1; size < kHead.size(); ++size) {
    const auto piece = copy_of(kHead.substr(0, size));
    REQUIRE(arriving.read({piece.get(), size}, kMaxHeader).parsed == Parsed::incomplete);
  }
  CHECK(arriving.read(kHead, kMaxHeader).parsed == Parsed::complete);

  ArrivingHead wrong;
  CHECK(wrong.read("GET / HTTP/1.1\r\n", kMaxHeader).parsed == Parsed::incomplete);
  const HeadResult& refused = wrong.read("GET / HTTP/1.1\r\nHost: x\n", kMaxHeader);
  CHECK(refused.parsed == Parsed::refused);
  CHECK(refused.status == 400);
  // A length that was refused does not become good later.
  CHECK(wrong.read("GET / HTTP/1.1\r\nHost: x\n\r\n", kMaxHeader).parsed == Parsed::refused);
}

TEST_CASE("the next request has a head of its own") {
  ArrivingHead arriving;
  REQUIRE(arriving.read(kHead, kMaxHeader).parsed == Parsed::complete);
  CHECK(arriving.take().content_length == 5);
  const std::string next = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(arriving.read(next, kMaxHeader).parsed == Parsed::complete);
  CHECK(arriving.head().path == "/livez");
  CHECK(arriving.head().content_length == 0);
  CHECK(arriving.head().headers.size() == 1);
}
