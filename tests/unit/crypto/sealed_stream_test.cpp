#include "crypto/sealed_stream.h"

#include <catch2/catch.hpp>

namespace authd::crypto {
namespace {

StreamSecret key(char letter) {
  return {StreamLock::key_file, SecretKey(std::string(32, letter))};
}

std::string seal(const StreamSecret& secret, const std::vector<std::string>& parts) {
  SystemRandom random;
  std::string out;
  auto sealer = StreamSealer::begin(secret, random, [&](std::string_view bytes) -> Result<void> {
    out += bytes;
    return {};
  });
  REQUIRE(sealer);
  for (const std::string& part : parts)
    REQUIRE(sealer->write(part));
  REQUIRE(sealer->finish());
  return out;
}

// All of it, or the error.
Result<std::string> open(const std::string& sealed, const StreamSecret& secret,
                         size_t step = 100'000) {
  size_t at = 0;
  StreamOpener opener([&](char* data, size_t size) -> Result<size_t> {
    const size_t taken = std::min({size, sealed.size() - at, step});
    std::copy_n(sealed.data() + at, taken, data);
    at += taken;
    return taken;
  });
  TRY(opener.begin());
  TRY(opener.unlock(secret));
  std::string all;
  while (true) {
    const std::string piece = TRY(opener.next());
    if (piece.empty()) return all;
    all += piece;
  }
}

TEST_CASE("a sealed stream returns what was written, in pieces of any size") {
  constexpr size_t kPiece = StreamSealer::kPieceBytes;
  for (const size_t size : {size_t{0}, size_t{1}, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece}) {
    CAPTURE(size);
    std::string text(size, 'x');
    for (size_t i = 0; i < size; ++i)
      text[i] = static_cast<char>(i * 7);
    for (const StreamSecret& secret : {key('a'), StreamSecret{}}) {
      const std::string sealed = seal(secret, {text.substr(0, size / 3), text.substr(size / 3)});
      const auto opened = open(sealed, secret, 4099);
      REQUIRE(opened);
      CHECK(*opened == text);
    }
  }
}

TEST_CASE("two streams of one text and one key have nothing in common") {
  const std::string a = seal(key('a'), {"text"});
  const std::string b = seal(key('a'), {"text"});
  CHECK(a.substr(58) != b.substr(58));
  CHECK(a.find("text") == std::string::npos);
}

TEST_CASE("another key, another kind of key and another passphrase do not open it") {
  const std::string sealed = seal(key('a'), {"text"});
  CHECK(open(sealed, key('b')).error().message.find("not the one") != std::string::npos);
  CHECK(open(sealed, StreamSecret{}).error().code == ErrorCode::invalid);
  auto right = passphrase_secret(Password("correct horse battery"));
  auto wrong = passphrase_secret(Password("correct horse batterz"));
  REQUIRE(right);
  const std::string by_phrase = seal(*right, {"text"});
  CHECK(open(by_phrase, *right).value() == "text");
  CHECK(open(by_phrase, *wrong).error().message.find("not the one") != std::string::npos);
  CHECK_FALSE(passphrase_secret(Password("too short")));
}

TEST_CASE("every flipped bit, every cut and every addition is found") {
  const StreamSecret none;
  const std::string sealed = seal(none, {"a short text"});
  for (size_t at = 0; at < sealed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = sealed;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      CAPTURE(at, bit);
      const auto opened = open(damaged, none);
      REQUIRE_FALSE(opened);
      REQUIRE(opened.error().code == ErrorCode::invalid);
    }
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    REQUIRE_FALSE(open(sealed.substr(0, size), none));
  CHECK_FALSE(open(sealed + "x", none));
  CHECK_FALSE(open(sealed + sealed, none));
}

TEST_CASE("pieces that are left out, swapped or the last are found") {
  constexpr size_t kHeader = 58;
  constexpr size_t kPiece = StreamSealer::kPieceBytes + 17;
  const StreamSecret none;
  const std::string sealed = seal(none, {std::string(3 * StreamSealer::kPieceBytes + 5, 'x')});
  REQUIRE(sealed.size() == kHeader + 3 * kPiece + 5 + 17);
  const std::string head = sealed.substr(0, kHeader);
  const std::string first = sealed.substr(kHeader, kPiece);
  const std::string second = sealed.substr(kHeader + kPiece, kPiece);
  const std::string rest = sealed.substr(kHeader + 2 * kPiece);
  CHECK(open(head + first + second + rest, none));
  CHECK_FALSE(open(head + second + first + rest, none));
  CHECK_FALSE(open(head + first + rest, none));
  CHECK_FALSE(open(head + first + first + second + rest, none));
  CHECK_FALSE(open(head + first + second, none));  // whole pieces, and no last one
  CHECK_FALSE(open(head + first + second + rest.substr(0, kPiece), none));
}

TEST_CASE("a foreign head cannot ask for much memory") {
  auto secret = passphrase_secret(Password("correct horse battery"));
  REQUIRE(secret);
  std::string sealed = seal(*secret, {"text"});
  for (size_t at = 10; at < 14 + 4; ++at) {
    std::string greedy = sealed;
    greedy[at] = '\xff';
    const auto opened = open(greedy, *secret);
    REQUIRE_FALSE(opened);
  }
  // One of a newer format says so.
  sealed[8] = 2;
  CHECK(open(sealed, *secret).error().message.find("format 2") != std::string::npos);
}

}  // namespace
}  // namespace authd::crypto
