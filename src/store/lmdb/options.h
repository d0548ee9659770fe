// Where the LMDB engine has its files, and how large they may grow.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/stop.h"

namespace authd::store {

struct LmdbOptions {
  std::string directory;             // must exist; holds data.mdb and lock.mdb
  uint64_t max_bytes = 64ull << 30;  // of the data file; at least 16 MiB
  std::string followed = {};         // Options::followed
  // Called with a sentence, in addition to a line in the log, when opening or a later write has to
  // wait several seconds for another process. May be empty.
  std::function<void(const std::string&)> tell = {};
  // Whether a commit waits for the disk. If not, a process that dies loses nothing, but a machine
  // that dies may leave a file that cannot be used.
  bool is_synced = true;
  // Ends such a wait early.
  Stopping stopping = {};
};

}  // namespace authd::store
