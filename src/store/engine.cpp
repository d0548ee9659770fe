#include "store/engine.h"

#include <sys/stat.h>

#include <cerrno>

#include "store/directory.h"
#include "store/lmdb/engine.h"
#include "store/lmdb/load.h"
#include "store/lmdb/replace.h"
#include "store/postgresql/engine.h"

namespace authd::store {
namespace {

bool is_postgresql(const Options& options) {
  return options.engine == "postgresql";
}

Result<LmdbOptions> lmdb_options(const Options& options) {
  if (!is_one_file(options)) {
    return Error{ErrorCode::invalid, "there is no store engine \"" + options.engine +
                                         "\": store.engine must be lmdb or postgresql"};
  }
  LmdbOptions lmdb;
  lmdb.directory = options.directory;
  lmdb.max_bytes = options.max_bytes;
  lmdb.followed = options.followed;
  lmdb.tell = options.tell;
  lmdb.stopping = options.stopping;
  return lmdb;
}

}  // namespace

Result<std::unique_ptr<Store>> open(const Options& options, Log& log) {
  if (is_postgresql(options)) return open_postgresql(options, log);
  const LmdbOptions lmdb = TRY(lmdb_options(options));
  std::unique_ptr<Store> store = TRY(open_lmdb(lmdb, log));
  for (const std::string& file : files_of(options.directory).all())
    adopt_owner(file);
  return store;
}

Result<uint64_t> load(const Options& options, NextRecord next) {
  if (is_postgresql(options)) return load_postgresql(options, next);
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

bool has_database(const Options& options) {
  return !is_one_file(options) || has_database(options.directory);
}

bool is_one_file(const Options& options) {
  return options.engine == "lmdb";
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
