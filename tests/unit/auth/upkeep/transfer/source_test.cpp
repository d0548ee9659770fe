#include "auth/upkeep/transfer/syntax/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace authd::auth::transfer {
namespace {

constexpr size_t kPiece = 256 * 1024;  // what one read takes

UniqueFd file_of(const std::string& bytes) {
  UniqueFd fd(memfd_create("import", 0));
  REQUIRE(fd);
  REQUIRE(write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(lseek(fd.get(), 0, SEEK_SET) == 0);
  return fd;
}

std::string utf16(const std::u16string& text, bool is_little) {
  std::string bytes;
  for (const char16_t unit : u'\ufeff' + text) {
    const char low = static_cast<char>(unit & 0xff);
    const char high = static_cast<char>(unit >> 8);
    bytes += is_little ? low : high;
    bytes += is_little ? high : low;
  }
  return bytes;
}

std::string all_of(Source& source) {
  std::string text;
  for (int c = source.get(); c != Source::kEnd; c = source.get())
    text += static_cast<char>(c);
  return text;
}

TEST_CASE("UTF-16 is read in both orders of its bytes, from memory and from a file") {
  for (const bool is_little : {true, false}) {
    const std::string bytes = utf16(u"a\u00e9\u20ac\U0001f600\n", is_little);
    Source text(bytes);
    Source file(file_of(bytes));
    CHECK(all_of(text) == "a\u00e9\u20ac\U0001f600\n");
    CHECK(all_of(file) == "a\u00e9\u20ac\U0001f600\n");
    CHECK(file.line() == 2);
  }
}

TEST_CASE("half a pair of surrogates is replaced, and half a unit at the end is nothing") {
  Source source(utf16(u"\xd83d"
                      u"a\xde00",
                      true) +
                "x");
  CHECK(all_of(source) ==
        "\ufffd"
        "a\ufffd");
}

TEST_CASE("a pair of surrogates may lie in two pieces of a file") {
  const std::u16string before(kPiece / 2 - 2, u'a');  // with the mark, one unit is left
  Source source(file_of(utf16(before + u"\U0001f600" + u"z", true)));
  CHECK(source.beginning().substr(0, 3) == "aaa");
  CHECK(all_of(source) == std::string(before.size(), 'a') + "\U0001f600" + "z");
}

TEST_CASE("a line that is too long is skipped over pieces, and the next one is read") {
  Source source(file_of(std::string(2 * kPiece, 'x') + "\r\nshort\r\n"));
  std::string line;
  CHECK(source.read_line(line, kPiece) == Source::Line::too_long);
  REQUIRE(source.read_line(line, kPiece) == Source::Line::read);
  CHECK(line == "short");
  CHECK(source.line() == 3);
  CHECK(source.read_line(line, kPiece) == Source::Line::end);
}

TEST_CASE("a file that cannot be read ends with its error") {
  UniqueFd directory(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Source source(std::move(directory));
  CHECK(source.get() == Source::kEnd);
  REQUIRE(source.failure());
  CHECK(source.failure()->message.find("cannot read the file") == 0);
}

TEST_CASE("a fingerprint follows from all pieces") {
  const std::string bytes(2 * kPiece + 1, 'x');
  std::string other = bytes;
  other.back() = 'y';
  const auto of = [](const std::string& text) { return fingerprint(file_of(text).get()).value(); };
  CHECK(of(bytes) == of(bytes));
  CHECK(of(bytes) != of(other));
  CHECK_FALSE(fingerprint(-1));
}

}  // namespace
}  // namespace authd::auth::transfer
