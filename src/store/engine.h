// The one place that knows which engines exist and which files a data directory has. Everything
// above asks here; nothing outside store/ names store/lmdb/ (scripts/house-rules checks that).
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/log.h"
#include "store/options.h"
#include "store/store.h"

namespace authd::store {

// Opens the store and creates its files unless they exist; they belong to the owner of the
// directory. A process may have a directory open only once at a time. Errors, with a message for
// the operator that names the directory: `conflict` when another process uses the directory with
// other files; `invalid` when there is no such engine; `unavailable`, including when another
// process holds the store and makes no progress.
Result<std::unique_ptr<Store>> open(const Options& options, Log& log);

// Creates a database from records, in a directory that has none and belongs to the caller alone;
// or, with the engine postgresql, in a schema that has none (`conflict` if it has). Returns the
// number of records, which are durable by then. Errors: those of `next`; `invalid` when the keys
// are not in ascending order or something exceeds the limits of store.h; `unavailable` with what to
// do (disk full).
Result<uint64_t> load(const Options& options, NextRecord next);

// The files of a database of one host in its directory.
struct Files {
  std::string data;  // every row: the database itself
  std::string lock;  // coordinates its processes; re-created when missing

  std::array<std::string, 2> all() const { return {data, lock}; }
};
Files files_of(const std::string& directory);

// Whether there is a database in the directory; also true if that cannot be determined (opening it
// says why).
bool has_database(const std::string& directory);
// The same for what open() would open. With the engine postgresql true: only opening it tells.
bool has_database(const Options& options);

// Whether the data lies in the directory and nowhere else: then it can be replaced and compacted as
// a file.
bool is_one_file(const Options& options);

// The two functions below replace the directory's database atomically, with every other process
// locked out. The caller holds the ServerLock and has not opened the store. On an error nothing has
// changed. Errors: `conflict` when another process uses the store; `unavailable`.

// `fresh` is the data file that load() created, on the same file system. `former` is a second name
// of the directory's data file: if a step after the replacement fails, the old file is restored
// from it. If empty, there is no old file, and `fresh` gets its name back.
Result<void> replace(const std::string& directory, const std::string& fresh,
                     const std::string& former);

// Rewrites the database without free space into the empty directory `scratch` on the same file
// system, and replaces it with the result.
Result<void> compact(const Options& options, const std::string& scratch);

}  // namespace authd::store
