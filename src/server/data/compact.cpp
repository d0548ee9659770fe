#include "server/data/compact.h"

#include "server/data/kept_aside.h"
#include "server/data/scratch.h"
#include "server/data/store_options.h"
#include "store/directory.h"
#include "store/engine.h"

namespace authd::server {

Result<void> compact(const config::Config& config) {
  TRY(require_own_file(
      config,
      "PostgreSQL reuses and returns space itself (autovacuum), and authd cluster resync makes the "
      "copy of this host again"));
  const std::string& directory = config.server.data_dir;
  if (!store::has_database(directory)) {
    return Error{ErrorCode::not_found, "there is no database in " + directory +
                                           ": name the server's directory with --data-dir"};
  }
  const store::ServerLock lock = TRY(store::ServerLock::take(directory));
  remove_unfinished_asides(directory);
  const Scratch scratch = TRY(Scratch::make(directory));
  return store::compact(store_options(config), scratch.path());
}

}  // namespace authd::server
