#include "store/engine.h"

#include <sys/stat.h>

#include <cerrno>

#include "store/directory.h"
#include "store/lmdb/engine.h"
#include "store/lmdb/load.h"
#include "store/lmdb/replace.h"

namespace authd::store {
namespace {

Result<LmdbOptions> lmdb_options(const Options& options) {
  if (options.engine != "lmdb") {
    return Error{ErrorCode::invalid,
                 "there is no store engine \"" + options.engine + "\": store.engine must be lmdb"};
  }
  return LmdbOptions{options.directory, options.max_bytes, options.tell, options.stopping};
}

}  // namespace

Result<std::unique_ptr<Store>> open(const Options& options, Log& log) {
  const LmdbOptions lmdb = TRY(lmdb_options(options));
  std::unique_ptr<Store> store = TRY(open_lmdb(lmdb, log));
  for (const std::string& file : files_of(options.directory).all())
    adopt_owner(file);
  return store;
}

Result<uint64_t> load(const Options& options, NextRecord next) {
  const LmdbOptions lmdb = TRY(lmdb_options(options));
  return load_lmdb(lmdb, next);
}

Files files_of(const std::string& directory) {
  return {directory + "/data.mdb", directory + "/lock.mdb"};
}

bool has_database(const std::string& directory) {
  struct stat found;
  return lstat(files_of(directory).data.c_str(), &found) == 0 || errno != ENOENT;
}

Result<void> replace(const std::string& directory, const std::string& fresh,
                     const std::string& former) {
  return replace_lmdb(directory, fresh, former);
}

Result<void> compact(const Options& options, const std::string& scratch) {
  const LmdbOptions lmdb = TRY(lmdb_options(options));
  return compact_lmdb(lmdb, scratch);
}

}  // namespace authd::store
