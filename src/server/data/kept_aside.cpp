#include "server/data/kept_aside.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "store/directory.h"
#include "store/engine.h"

namespace authd::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBefore = "before-";

Error failed(const char* action, const std::string& path) {
  return Error{ErrorCode::unavailable,
               std::string("cannot ") + action + " " + path + ": " + system_message(errno)};
}

// rename() refuses to replace an existing directory of this name, because it contains a database.
Result<std::string> give_name(const std::string& made, std::string path) {
  for (int i = 1; rename(made.c_str(), path.c_str()) != 0; ++i) {
    if ((errno != EEXIST && errno != ENOTEMPTY) || i > 9) return failed("make", path);
    path += "+";  // Two within one second.
  }
  return path;
}

}  // namespace

Result<KeptAside> KeptAside::make(const std::string& data_dir, const std::string& scratch,
                                  std::string_view prefix, std::string_view keys, Time now) {
  const std::string made = scratch + "/aside";
  if (mkdir(made.c_str(), 0700) != 0) return failed("make", made);
  store::adopt_directory(made);
  if (!keys.empty()) {
    TRY(write_file_atomic(made + "/master.key", keys, 0600));
    store::adopt_owner(made + "/master.key");
  }
  const std::string place = store::files_of(data_dir).data;
  const bool has_old = store::has_database(data_dir);
  if (has_old && link(place.c_str(), store::files_of(made).data.c_str()) != 0) {
    return failed("keep a second name of", place);
  }
  TRY(sync_directory(made));
  std::string path = data_dir + "/" + std::string(prefix) + "-";
  for (const char c : format_rfc3339(now)) {
    if (c != '-' && c != ':') path += c;
  }
  KeptAside aside;
  aside.path_ = TRY(give_name(made, std::move(path)));
  if (has_old) aside.database_ = store::files_of(aside.path_).data;
  if (const Result<void> synced = sync_directory(data_dir); !synced) {
    aside.undo();
    return synced.error();
  }
  return aside;
}

void KeptAside::undo() const {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

void remove_unfinished_asides(const std::string& data_dir) {
  struct stat live;
  if (stat(store::files_of(data_dir).data.c_str(), &live) != 0 || live.st_nlink < 2) return;
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(data_dir, ignored)) {
    struct stat kept;
    const bool is_ours = entry.path().filename().string().starts_with(kBefore);
    if (is_ours && lstat(store::files_of(entry.path().string()).data.c_str(), &kept) == 0 &&
        kept.st_dev == live.st_dev && kept.st_ino == live.st_ino) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& path : found)
    fs::remove_all(path, ignored);
}

}  // namespace authd::server
