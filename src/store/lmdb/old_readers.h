// Read transactions of any process that last. LMDB keeps every page that the state of a reader has
// in use, so while one lasts the file grows by all that is replaced or deleted. LMDB's table of
// readers tells the process and the state, but not since when; that is found out by looking again
// and again.
#pragma once

#include <lmdb.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/time.h"
#include "store/store.h"

namespace authd::store {

// Thread-safe.
class OldReaders {
 public:
  // A reader of this age is named in the log, and named again at this pace.
  static constexpr Milliseconds kTellAfter = std::chrono::minutes(5);

  explicit OldReaders(Log& log) : log_(log) {}

  // Looks at the table and returns the reader of the oldest state, unless all read the newest one.
  // `env` does not go away during the call.
  std::optional<OldReader> look(MDB_env* env, SteadyTime now);

 private:
  // A transaction: process and thread as LMDB has them, and the number of the state.
  struct Id {
    int process = 0;
    uint64_t thread = 0;
    uint64_t snapshot = 0;
    auto operator<=>(const Id&) const = default;
  };
  struct Seen {
    SteadyTime first;
    SteadyTime told;
  };
  using Table = std::map<Id, Seen>;

  static int take_line(const char* line, void* found);
  static std::optional<Id> parse(std::string_view line);
  void tell(const OldReader& reader, Seen& seen, SteadyTime now);

  Log& log_;
  std::mutex mutex_;
  Table seen_;  // at the last look, without those of the newest state
};

}  // namespace authd::store
