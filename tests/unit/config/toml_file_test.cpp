#include "config/reading/toml_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"

using namespace authd;
using namespace authd::config;

namespace {

// A file with that text, gone at the end of the test.
class TomlFile {
 public:
  explicit TomlFile(std::string_view text) {
    std::string name = (std::filesystem::temp_directory_path() / "authd-toml.XXXXXX").string();
    const UniqueFd fd(mkstemp(name.data()));
    REQUIRE(fd);
    path_ = name;
    REQUIRE(write_file_atomic(path_, text, 0600));
  }
  ~TomlFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<TomlEntry> entries_of(std::string_view text) {
  return read_toml(TomlFile(text).path()).value();
}

// The message of the refusal, without the path that it must begin with.
std::string refusal(std::string_view text) {
  const TomlFile file(text);
  const auto entries = read_toml(file.path());
  CAPTURE(std::string(text));
  REQUIRE_FALSE(entries);
  CHECK(entries.error().code == ErrorCode::invalid);
  REQUIRE(entries.error().message.starts_with(file.path()));
  return entries.error().message.substr(file.path().size());
}

}  // namespace

TEST_CASE("tables become keys with dots, and every entry knows its line") {
  const auto entries =
      entries_of("a.b = 1\n\n[server]\nname = \"x\"\n[server.inner]\nflag = true\n");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].key == "a.b");
  CHECK(entries[0].parts == std::vector<std::string>{"1"});
  CHECK(entries[0].type == TomlType::number);
  CHECK(entries[0].line == 1);
  CHECK(entries[1].key == "server.name");
  CHECK(entries[1].type == TomlType::text);
  CHECK(entries[1].line == 4);
  CHECK_FALSE(entries[1].is_array);
  CHECK(entries[2].key == "server.inner.flag");
  CHECK(entries[2].parts == std::vector<std::string>{"true"});
  CHECK(entries[2].type == TomlType::boolean);
  CHECK(entries[2].line == 6);
}

TEST_CASE("an array keeps the order of its items, and an empty one has none") {
  const auto entries = entries_of("a = [\n  \"x\",\n  \"y\",\n]\nb = []\n");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].is_array);
  CHECK(entries[0].parts == std::vector<std::string>{"x", "y"});
  CHECK(entries[0].line == 1);
  CHECK(entries[1].is_array);
  CHECK(entries[1].parts.empty());
}

TEST_CASE("a table without keys is not lost") {
  const auto entries = entries_of("[sever]\n");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].key == "sever");
  CHECK(entries[0].parts.empty());
  CHECK_FALSE(entries[0].is_array);
}

TEST_CASE("an empty file and one of comments have no entries") {
  CHECK(entries_of("").empty());
  CHECK(entries_of("# nothing\n").empty());
}

TEST_CASE("an error of syntax names file and line") {
  CHECK(refusal("ok = 1\nbroken =\n").starts_with(":2: "));
  CHECK(refusal("[server\n").starts_with(":1: "));
  CHECK(refusal("a = 1\na = 2\n").starts_with(":2: "));
  CHECK(refusal("a = \"no end\n").starts_with(":1: "));
  CHECK(refusal("x = 1\ny = 2\nz = \"\xff\"\n").starts_with(":3: "));
}

TEST_CASE("a table without a name is an error of syntax, and not the end of the process") {
  for (const char* text : {"[:", "[::1]:8080", "[ = ", "[[,]]", "a.: = 1", "x = {: = 1}"}) {
    CHECK(refusal(text).starts_with(":1: "));
  }
}

TEST_CASE("a letter beyond ASCII is a syntax error outside quotes, and allowed inside") {
  for (const char* text : {"\u00fc = 1", "a = \u00fc", "a \u048e= 1", "\u1680a = 1\u00e9"}) {
    CHECK(refusal(text).starts_with(":1: "));
  }
  const auto entries = entries_of("# gr\u00fc\u00dfe\n\"\u00fc\" = '\u048e'\n");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].parts == std::vector<std::string>{"\u048e"});
}

TEST_CASE("a value that no key takes is refused with line and key") {
  const std::string wanted =
      ": must be a string, a whole number, true or false, or an array of strings";
  CHECK(refusal("a = 1\n[b]\nc = 1.5\n") == ":3: b.c" + wanted);
  CHECK(refusal("d = 2026-11-21\n") == ":1: d" + wanted);
  CHECK(refusal("l = [\"x\", 1]\n") == ":1: l" + wanted);
  CHECK(refusal("l = [[\"x\"]]\n") == ":1: l" + wanted);
  CHECK(refusal("[[t]]\nx = 1\n") == ":1: t" + wanted);
}

TEST_CASE("the error about a missing or too large file names it") {
  const auto absent = read_toml("/nonexistent/authd.toml");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::not_found);
  CHECK(absent.error().message.find("/nonexistent/authd.toml") != std::string::npos);
  const TomlFile large("# " + std::string(1 << 20, 'x'));
  CHECK(read_toml(large.path()).error().code == ErrorCode::too_large);
}
