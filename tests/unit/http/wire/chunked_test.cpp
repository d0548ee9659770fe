#include "http/wire/chunked.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace authd;
using namespace authd::http;
using namespace std::string_literals;

namespace {

using State = ChunkedDecoder::State;

constexpr size_t kMaxBody = 64;

struct Outcome {
  State state = State::more;
  std::string body;
  std::string rest;  // that was not used
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds pieces as the front does: after a head, decoded in place.
Outcome decode(const std::vector<std::string_view>& pieces, size_t max_body = kMaxBody) {
  ChunkedDecoder decoder(max_body);
  const std::string head = "the head";
  std::string buffer = head;
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    buffer += piece;
    if (outcome.state != State::more) continue;  // Refused, or the next request's.
    outcome.state = decoder.feed(buffer, head.size());
    REQUIRE(buffer.size() >= head.size() + decoder.size());
    REQUIRE(buffer.starts_with(head));
  }
  outcome.body = buffer.substr(head.size(), decoder.size());
  outcome.rest = buffer.substr(head.size() + decoder.size());
  return outcome;
}

Outcome decode(std::string_view text, size_t max_body = kMaxBody) {
  return decode(std::vector{text}, max_body);
}

State state_of(std::string_view text, size_t max_body = kMaxBody) {
  return decode(text, max_body).state;
}

const std::string kGood =
    "5\r\nhello\r\n"
    "1;ext=\"a;b\"\r\n \r\n"
    "00A;x\r\n0\r\n\r\n0\r\n\r\n\r\n"
    "0;last\r\nTrailer: x\r\nAnother:\ty\r\n\r\n";
const std::string kGoodBody = "hello 0\r\n\r\n0\r\n\r\n";

const std::vector<std::string> kMalformed = {
    "\r\n",
    "\n",
    ";ext\r\n",
    " 5\r\nhello\r\n0\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "5 ;ext\r\nhello\r\n0\r\n\r\n",
    "5\t;ext\r\nhello\r\n0\r\n\r\n",
    "-5\r\nhello\r\n0\r\n\r\n",
    "+5\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5h\r\nhello\r\n0\r\n\r\n",
    "g\r\nhello\r\n0\r\n\r\n",
    "5,5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello!\r\n0\r\n\r\n",
    "5\r\nhell\r\n0\r\n\r\n",
    "5\r\nhello\r\r\n0\r\n\r\n",
    "5\r\nhello\r\n\r\n0\r\n\r\n",
    "5\r\r\nhello\r\n0\r\n\r\n",
    "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "5;a\0b\r\nhello\r\n0\r\n\r\n"s,
    "5\0\r\nhello\r\n0\r\n\r\n"s,
    "5;a\x7f\r\nhello\r\n0\r\n\r\n",
    "0\r\nA: b\n\r\n",
    "0\r\n\n",
    "10000000000000000\r\n",
    "fffffffffffffffff\r\n",
    "fffffffffffffffffffffffffffffffff\r\n",
};

}  // namespace

TEST_CASE("chunks are joined; extensions and trailers are read over") {
  const Outcome outcome = decode(kGood);
  CHECK(outcome.state == State::done);
  CHECK(outcome.body == kGoodBody);
  CHECK(outcome.rest.empty());
}

TEST_CASE("a body without bytes is done with its last chunk") {
  CHECK(decode("0\r\n\r\n") == Outcome{State::done, "", ""});
  CHECK(decode("0000\r\n\r\n") == Outcome{State::done, "", ""});
}

TEST_CASE("a body has any bytes") {
  std::string every;
  for (int byte = 0; byte < 256; ++byte)
    every += static_cast<char>(byte);
  CHECK(decode("100\r\n" + every + "\r\n0\r\n\r\n", 256) == Outcome{State::done, every, ""});
}

TEST_CASE("what follows a body is left for the next request") {
  CHECK(decode("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n").rest == "GET / HTTP/1.1\r\n");
  CHECK(decode("0\r\n\r\n\r\n").rest == "\r\n");
  CHECK(decode("0\r\n\r\n5\r\nhello\r\n") == Outcome{State::done, "", "5\r\nhello\r\n"});
}

TEST_CASE("a body is the same however it is cut into three pieces") {
  const std::string_view text = kGood;
  const Outcome whole = decode(kGood);
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      const Outcome cut =
          decode({text.substr(0, first), text.substr(first, second - first), text.substr(second)});
      if (!(cut == whole)) FAIL_CHECK("cut at " << first << " and " << second);
    }
  }
}

TEST_CASE("a body is not done before its last byte, and not read beyond") {
  const std::string text = kGood + "next";
  for (size_t size = 0; size < kGood.size(); ++size) {
    CAPTURE(size);
    CHECK(decode(text.substr(0, size)).state == State::more);
  }
  for (size_t size = kGood.size(); size <= text.size(); ++size)
    CHECK(decode(text.substr(0, size)).state == State::done);
}

TEST_CASE("malformed chunks are refused, in pieces of any size") {
  for (const std::string& text : kMalformed) {
    CAPTURE(text);
    CHECK(state_of(text) == State::malformed);
    std::vector<std::string_view> bytes;
    for (size_t at = 0; at < text.size(); ++at)
      bytes.push_back(std::string_view(text).substr(at, 1));
    CHECK(decode(bytes).state == State::malformed);
    for (size_t at = 0; at <= text.size(); ++at) {
      const std::string_view view = text;
      CHECK(decode({view.substr(0, at), view.substr(at)}).state == State::malformed);
    }
  }
}

TEST_CASE("a trailer has no control characters, as a header has none") {
  for (const char c : {'\r', '\0', '\x01', '\x0b', '\x1b', '\x7f'}) {
    CAPTURE(static_cast<int>(c));
    CHECK(state_of(std::string("0\r\nA: b") + c + "c\r\n\r\n") == State::malformed);
  }
  CHECK(state_of("0\r\n\r\r\n\r\n") == State::malformed);
  CHECK(state_of("0\r\nA: b\tc \xc3\xa9\r\n\r\n") == State::done);
}

TEST_CASE("a size is read in hex of either case, with zeros before it") {
  CHECK(decode("a\r\n0123456789\r\n0\r\n\r\n").body == "0123456789");
  CHECK(decode("A\r\n0123456789\r\n0\r\n\r\n").body == "0123456789");
  CHECK(decode("00000000000000000000000a\r\n0123456789\r\n0\r\n\r\n").body == "0123456789");
}

TEST_CASE("a body may be as long as the limit says and no longer") {
  const std::string full = "40\r\n" + std::string(kMaxBody, 'a') + "\r\n";
  CHECK(state_of(full + "0\r\n\r\n") == State::done);
  CHECK(state_of(full + "1\r\n") == State::too_large);
  CHECK(state_of("41\r\n") == State::too_large);  // The size tells; no wait for the bytes.
  CHECK(state_of("1\r\n", 0) == State::too_large);
  CHECK(state_of("0\r\n\r\n", 0) == State::done);
  std::string in_bytes;
  for (size_t i = 0; i < kMaxBody; ++i)
    in_bytes += "1\r\na\r\n";
  CHECK(state_of(in_bytes + "0\r\n\r\n") == State::done);
  CHECK(state_of(in_bytes + "1\r\na\r\n0\r\n\r\n") == State::too_large);
}

TEST_CASE("sizes whose sum would wrap around to zero are too large") {
  for (const char* size : {"7fffffffffffffff", "8000000000000000", "fffffffffffffffb",
                           "fffffffffffffffe", "ffffffffffffffff"}) {
    CAPTURE(size);
    CHECK(state_of(std::string(size) + "\r\n") == State::too_large);
    CHECK(state_of("5\r\nhello\r\n" + std::string(size) + "\r\n") == State::too_large);
    CHECK(decode("5\r\nhello\r\n" + std::string(size) + "\r\nmore").body == "hello");
  }
}

TEST_CASE("a line without an end is not waited for") {
  CHECK(state_of("1;" + std::string(100, 'a')) == State::more);
  CHECK(state_of("1;" + std::string(4000, 'a')) == State::malformed);
  CHECK(state_of(std::string(4000, '0')) == State::malformed);
  CHECK(state_of(std::string(4000, '0') + "1\r\na\r\n0\r\n\r\n") == State::malformed);
  CHECK(state_of("0\r\n" + std::string(4000, 'a')) == State::malformed);
  CHECK(state_of("1\r\na" + std::string(4000, 'a')) == State::malformed);
}

TEST_CASE("a flood of extensions or trailers is cut off, small chunks are not") {
  constexpr size_t kBytes = 20'000;
  const auto flood = [](const std::string& piece) {
    std::string text;
    for (size_t i = 0; i < kBytes; ++i)
      text += piece;
    return text;
  };
  CHECK(state_of(flood("1\r\na\r\n") + "0\r\n\r\n", kBytes) == State::done);
  CHECK(state_of(flood("1;" + std::string(100, 'x') + "\r\na\r\n"), kBytes) == State::malformed);
  CHECK(state_of("0\r\n" + flood("A: b\r\n"), kBytes) == State::malformed);
}
