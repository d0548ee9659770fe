// The one place that knows which engines there are and what lies in a data directory. Everything
// above asks here; store/lmdb/ is named by nothing outside store/ (scripts/house-rules looks).
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/stop.h"
#include "store/store.h"

namespace authd::store {

struct Options {
  std::string engine = "lmdb";       // store.engine
  std::string directory = {};        // must exist
  uint64_t max_bytes = 64ull << 30;  // store.max_size; at least 16 MiB
  // Called with a sentence when opening, or a write later on, has to wait for another process for
  // seconds, beside a line in the log. May be empty.
  std::function<void(const std::string&)> tell = {};
  // Ends such a wait early.
  Stopping stopping = {};
};

// Opens the store, and makes its files unless they are there; they belong to the owner of the
// directory. A process opens a directory once at a time. Errors, with a message for the operator
// that names the directory: `conflict` when another process works there with other files; `invalid`
// when there is no such engine; `unavailable`, also when another process holds the store and makes
// no progress.
Result<std::unique_ptr<Store>> open(const Options& options, Log& log);

// Makes a new database of records, in a directory that has none and belongs to the caller alone.
// Returns the number of records; they are durable then. Errors: those of `next`; `invalid` when
// keys do not rise or something is beyond the limits of store.h; `unavailable` with what to do
// (disk full).
Result<uint64_t> load(const Options& options, NextRecord next);

// The files of a database in its directory.
struct Files {
  std::string data;  // every row; it is the database
  std::string lock;  // what its processes agree by; made again when it is missing

  std::array<std::string, 2> all() const { return {data, lock}; }
};
Files files_of(const std::string& directory);

// Whether there is a database in the directory; true also when that cannot be told (opening it says
// why).
bool has_database(const std::string& directory);

// The two below put another database in the place of the directory's, at one moment, with every
// other process locked out. The caller holds the ServerLock and has not opened the store. On an
// error all is as it was. Errors: `conflict` when another process works on the store;
// `unavailable`.

// `fresh` is the data file that load() made, on the same file system. `former` is another name of
// the directory's data file, by which that is put back when a step after that moment fails; empty:
// there is none, and `fresh` gets its name again.
Result<void> replace(const std::string& directory, const std::string& fresh,
                     const std::string& former);

// Writes the database again without free space, into the empty directory `scratch` on the same file
// system, and replaces it by that.
Result<void> compact(const Options& options, const std::string& scratch);

}  // namespace authd::store
