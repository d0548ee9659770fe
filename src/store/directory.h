// The data directory: created if missing, private, with a lock that only one server holds. Commands
// share it with the server; the store orders their writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/result.h"

namespace authd::store {

// Creates the directory (0700) unless it exists. Errors: `unavailable`, with the path and what to
// do.
Result<void> make_directory(const std::string& path, Log& log);
// The same, and warns if the directory is accessible to other users.
Result<void> prepare_directory(const std::string& path, Log& log);

// When root creates a file in another user's directory (`sudo authd user add …` beside a service),
// the service could not open it later. So the file is given to the owner of its directory. Does
// nothing otherwise.
void adopt_owner(const std::string& file);

// The same for a directory that was just created: it gets the owner of its parent directory.
void adopt_directory(const std::string& path);

// Held by the one server on a data directory. It is a kernel lock, so it ends with the process,
// however that ends.
class ServerLock {
 public:
  // Error: `conflict`, with the process id of the server that is running.
  static Result<ServerLock> take(const std::string& directory);

  // Writes down where the server listens, a line each, for notes_of_server(). What cannot be
  // written is left out: only `authd health` reads it.
  void note(const std::vector<std::string>& lines) const;

 private:
  explicit ServerLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// The process id of the server that holds the lock, if one does (0 when it cannot be read).
std::optional<int> running_server(const std::string& directory);

// What the running server noted; empty if none runs.
std::vector<std::string> notes_of_server(const std::string& directory);

}  // namespace authd::store
