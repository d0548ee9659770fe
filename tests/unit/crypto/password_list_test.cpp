#include "crypto/lists/password_list.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.h"
#include "crypto/digest_stream.h"
#include "crypto/lists/password_list_writer.h"
#include "support/temp_dir.h"

namespace authd::crypto {
namespace {

namespace fs = std::filesystem;

MadeList write_list(const std::string& path, const std::vector<std::string>& lines) {
  KeySpool keys(parent_of(path));
  for (const std::string& line : lines) {
    const auto key = key_of_line(line);
    REQUIRE(key);
    if (*key) REQUIRE(keys.add(**key));
  }
  const auto made = write_password_list(path, keys, [](size_t, size_t) {});
  REQUIRE(made);
  return *made;
}

bool has(const PasswordList& list, const std::string& password) {
  const auto found = list.contains(Password(std::string(password)));
  REQUIRE(found);
  return *found;
}

std::string contents(const std::string& path) {
  const auto read = read_file(path, 64 << 20);
  REQUIRE(read);
  return *read;
}

void overwrite(const std::string& path, std::string_view bytes) {
  REQUIRE(write_file_atomic(path, bytes, 0600));
}

// The file `list` in a directory of its own.
struct World {
  test::TempDir directory;
  std::string path = directory.path() + "/list";
};

TEST_CASE("A list says what is in it") {
  World t;
  const MadeList made = write_list(t.path, {"password", "letmein\r", "", "password", "jos\u00e9"});
  REQUIRE(made.passwords == 3);
  REQUIRE(made.bytes == fs::file_size(t.path));
  const auto list = PasswordList::open(t.path);
  REQUIRE(list);
  REQUIRE(list->check());
  REQUIRE(list->passwords() == 3);
  REQUIRE(has(*list, "password"));
  REQUIRE(has(*list, "letmein"));
  REQUIRE(has(*list, "jos\u00e9"));
  REQUIRE_FALSE(has(*list, "Password"));
  REQUIRE_FALSE(has(*list, "correct horse battery staple"));
  REQUIRE_FALSE(has(*list, ""));
}

TEST_CASE("Hashes of Pwned Passwords and the passwords themselves give the same list") {
  World t;
  write_list(t.path, {"password", "P@ssw0rd"});
  write_list(t.path + "2", {"21BD12DC183F740EE76F27B78EB39C8AD972A757:52579\r",
                            "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:9545824",
                            "7110EDA4D09E062AA5E4A390B0A572AC0D2C0220:0"});
  REQUIRE(contents(t.path) == contents(t.path + "2"));
}

TEST_CASE("The order of the lines and their repetition do not change a list") {
  World t;
  write_list(t.path, {"one", "two", "three"});
  write_list(t.path + "2", {"three", "one", "two", "one"});
  REQUIRE(contents(t.path) == contents(t.path + "2"));
}

TEST_CASE("A password is listed in the form that is hashed") {
  World t;
  write_list(t.path, {"jose\u0301"});  // as two characters
  const auto list = PasswordList::open(t.path);
  REQUIRE(list);
  REQUIRE(has(*list, "jos\u00e9"));
}

TEST_CASE("Lines of other lists of hashes are refused") {
  for (const char* line :
       {"8846F7EAEE8FB117AD06BDD830B7586C:4", "0018A45C4D1DEF81644B54AB7F969B88D65:1"}) {
    CAPTURE(line);
    const auto key = key_of_line(line);
    REQUIRE_FALSE(key);
    REQUIRE(key.error().code == ErrorCode::invalid);
  }
  // What only looks a little like them is a password.
  for (const char* line :
       {"deadbeef:1", "8846F7EAEE8FB117AD06BDD830B7586C", "a:b", ":", "\xff\xfe"}) {
    CAPTURE(line);
    const auto key = key_of_line(line);
    REQUIRE(key);
    REQUIRE(*key == list_key(sha1(line)));
  }
}

TEST_CASE("A long list is made in parts, from a file on the disk") {
  World t;
  constexpr uint64_t kCount = 2500000;
  KeySpool keys(t.directory.path());
  for (uint64_t i = 0; i < kCount; ++i)
    REQUIRE(keys.add(mixed(i * 7)));
  size_t parts = 0;
  const auto made = write_password_list(t.path, keys, [&](size_t, size_t all) { parts = all; });
  REQUIRE(made);
  REQUIRE(parts == 4);
  REQUIRE(made->passwords == kCount);
  REQUIRE(made->bytes * 8 < kCount * 18);
  const auto list = PasswordList::open(t.path);
  REQUIRE(list);
  REQUIRE(list->check());
  size_t missing = 0;
  for (uint64_t i = 0; i < kCount; i += 97)
    missing += *list->contains_key(mixed(i * 7)) ? 0 : 1;
  REQUIRE(missing == 0);
  // Nothing else is left in the directory.
  REQUIRE(std::distance(fs::directory_iterator(t.directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("A list of nothing is not made") {
  World t;
  KeySpool keys(t.directory.path());
  const auto made = write_password_list(t.path, keys, [](size_t, size_t) {});
  REQUIRE_FALSE(made);
  REQUIRE(made.error().code == ErrorCode::invalid);
  REQUIRE_FALSE(fs::exists(t.path));
}

TEST_CASE("A list that cannot be written leaves nothing behind") {
  World t;
  KeySpool keys(t.directory.path());
  REQUIRE(keys.add(7));
  fs::create_directory(t.path);  // no file can take this name
  const auto made = write_password_list(t.path, keys, [](size_t, size_t) {});
  REQUIRE_FALSE(made);
  REQUIRE(std::distance(fs::directory_iterator(t.directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("Whatever is done to a list, it is refused or checked, and never a crash") {
  World t;
  write_list(t.path, {"one", "two", "three", "four"});
  const std::string whole = contents(t.path);
  for (size_t size = 0; size < whole.size(); ++size) {
    overwrite(t.path, std::string_view(whole).substr(0, size));
    const auto list = PasswordList::open(t.path);
    REQUIRE_FALSE(list);
    REQUIRE(list.error().code == ErrorCode::invalid);
    REQUIRE_THAT(list.error().message,
                 Catch::StartsWith(t.path) && Catch::EndsWith("authd password-list build"));
  }
  overwrite(t.path, whole + "x");
  REQUIRE_FALSE(PasswordList::open(t.path));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    overwrite(t.path, changed);
    const auto list = PasswordList::open(t.path);
    const bool is_good = list && list->check();
    CAPTURE(at);
    REQUIRE_FALSE(is_good);
    if (list) (void)list->contains(Password("one"));
  }
}

TEST_CASE("A list that is cut while it is open answers with an error") {
  World t;
  write_list(t.path, {"one"});
  const auto list = PasswordList::open(t.path);
  REQUIRE(list);
  REQUIRE(truncate(t.path.c_str(), 70) == 0);
  const auto found = list->contains(Password("one"));
  REQUIRE_FALSE(found);
  REQUIRE(found.error().code == ErrorCode::unavailable);
  REQUIRE_FALSE(list->check());
}

TEST_CASE("What is no list is said to be none") {
  World t;
  REQUIRE(PasswordList::open(t.path).error().code == ErrorCode::not_found);
  REQUIRE_FALSE(PasswordList::open(t.directory.path()));
  overwrite(t.path, std::string(1000, 'p'));
  REQUIRE_THAT(PasswordList::open(t.path).error().message, Catch::Contains("is not a list"));
  REQUIRE_FALSE(PasswordList::in_memory(""));
}

}  // namespace
}  // namespace authd::crypto
