// The interface between users of a store and the engines (store/engine.h).
#include "store/engine.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/directory.h"
#include "support/temp_dir.h"

namespace authd::store {
namespace {

namespace fs = std::filesystem;

Options options_of(const std::string& directory) {
  return {.directory = directory, .max_bytes = 64 << 20};
}

std::string value_of(const Options& options, std::string_view key) {
  const auto store = open(options, null_log());
  REQUIRE(store);
  return (*store)
      ->read([&](ReadTxn& tx) -> Result<std::string> { return tx.get(key).value_or("-"); })
      .value();
}

void load_one(const Options& options, std::string_view row_value) {
  bool is_over = false;
  const auto loaded = load(options, [&](std::string_view& key, std::string_view& value) {
    key = "row";
    value = row_value;
    return Result<bool>(!std::exchange(is_over, true));
  });
  REQUIRE(loaded);
  CHECK(*loaded == 1);
}

TEST_CASE("an engine that there is not is refused by its name") {
  const test::TempDir dir;
  Options options = options_of(dir.path());
  options.engine = "etcd";
  const std::string text =
      "there is no store engine \"etcd\": store.engine must be lmdb or postgresql";
  CHECK(open(options, null_log()).error().message == text);
  CHECK(compact(options, dir.path()).error().message == text);
  CHECK(load(options, [](std::string_view&, std::string_view&) { return Result<bool>(false); })
            .error()
            .message == text);
  CHECK_FALSE(has_database(dir.path()));
}

TEST_CASE("a store that was opened has its files, and they are private") {
  const test::TempDir dir;
  CHECK_FALSE(has_database(dir.path()));
  REQUIRE(open(options_of(dir.path()), null_log()));
  CHECK(has_database(dir.path()));
  for (const std::string& file : files_of(dir.path()).all()) {
    struct stat found {};
    REQUIRE(stat(file.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0600);
  }
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    static_cast<void>(entry);
    files += 1;
  }
  CHECK(files == files_of(dir.path()).all().size());
}

TEST_CASE("loaded records replace a database, and its file is kept under another name") {
  const test::TempDir dir;
  const std::string live = dir.path() + "/live";
  const std::string fresh = dir.path() + "/fresh";
  for (const std::string& path : {live, fresh})
    fs::create_directory(path);
  load_one(options_of(live), "old");
  load_one(options_of(fresh), "new");
  const std::string former = dir.path() + "/former";
  fs::create_hard_link(files_of(live).data, former);
  REQUIRE(replace(live, files_of(fresh).data, former));
  CHECK(value_of(options_of(live), "row") == "new");
  fs::rename(former, files_of(fresh).data);
  CHECK(value_of(options_of(fresh), "row") == "old");
}

TEST_CASE("a compacted database has what it had") {
  const test::TempDir dir;
  const std::string live = dir.path() + "/live";
  const std::string scratch = dir.path() + "/scratch";
  for (const std::string& path : {live, scratch})
    fs::create_directory(path);
  load_one(options_of(live), "kept");
  REQUIRE(compact(options_of(live), scratch));
  CHECK(value_of(options_of(live), "row") == "kept");
}

}  // namespace
}  // namespace authd::store
