// The previous database, which a restore keeps: a directory "before-restore-<time>" in the data
// directory. It always has both the database and the master key that opens it. It is created in the
// scratch directory and renamed when it is complete. Until the databases are exchanged, its
// database is a second name of the one in use.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace authd::server {

class KeptAside {
 public:
  // `keys` may be empty if there are none to keep. Errors: `unavailable`.
  static Result<KeptAside> make(const std::string& data_dir, const std::string& scratch,
                                std::string_view prefix, std::string_view keys, Time now);

  KeptAside() = default;  // of nothing

  const std::string& path() const { return path_; }
  // Of the database; empty if there was none.
  const std::string& database() const { return database_; }
  // Removes it. The database must still be in place, or be back there.
  void undo() const;

 private:
  std::string path_;
  std::string database_;
};

// Removes those of restores that were killed before the databases were exchanged.
void remove_unfinished_asides(const std::string& data_dir);

}  // namespace authd::server
