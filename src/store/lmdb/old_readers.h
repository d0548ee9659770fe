// Long-lived read transactions of any process. LMDB keeps every page that is in use in a reader's
// state, so while a read lasts, the file grows by everything that is replaced or deleted. LMDB's
// reader table tells the process and the state, but not since when; only regular looks show that.
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
  // A reader of this age is logged, and logged again at this interval.
  static constexpr Milliseconds kTellAfter = std::chrono::minutes(5);

  explicit OldReaders(Log& log) : log_(log) {}

  // Looks at the table and returns the reader of the oldest state, unless all read the newest one.
  // `env` must outlive the call.
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
