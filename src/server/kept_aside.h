// What a restore keeps of the database that was there: a directory "before-restore-<time>" in the
// data directory, with the database and the master key that opens it, always both. It is made in
// the scratch directory, gets its name when it is whole, and until the databases change places its
// database is another name of the one in place.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace authd::server {

class KeptAside {
 public:
  // `keys` may be empty: there are none to keep. Errors: `unavailable`.
  static Result<KeptAside> make(const std::string& data_dir, const std::string& scratch,
                                std::string_view prefix, std::string_view keys, Time now);

  KeptAside() = default;  // of nothing

  const std::string& path() const { return path_; }
  // Of the database; empty when there was none.
  const std::string& database() const { return database_; }
  // Removes it. The database has to be in its place still, or again.
  void undo() const;

 private:
  std::string path_;
  std::string database_;
};

// Those of restores that were killed before the databases changed places.
void remove_unfinished_asides(const std::string& data_dir);

}  // namespace authd::server
