#include "server/data/store_options.h"

#include "auth/replica/projection.h"

namespace authd::server {

store::Options store_options(const config::Config& config) {
  store::Options options;
  options.engine = config::word_of(config.store.engine);
  options.directory = config.server.data_dir;
  options.max_bytes = config.store.max_size;
  options.url = config.store.url;
  options.schema = config.store.schema;
  options.node = config.cluster.node;
  options.lease = config.cluster.lease;
  options.heartbeat = config.cluster.heartbeat;
  options.followed = auth::replica_prefixes();
  return options;
}

store::Options copy_options(const config::Config& config, const std::string& directory) {
  return store_options(config_of_copy(config, directory));
}

config::Config config_of_copy(const config::Config& config, const std::string& directory) {
  config::Config copy = config;
  copy.store.engine = config::StoreEngine::one_host;
  copy.server.data_dir = directory;
  return copy;
}

bool is_shared(const config::Config& config) {
  return !store::is_one_file(store_options(config));
}

Result<void> require_own_file(const config::Config& config, const std::string& instead) {
  if (!is_shared(config)) return {};
  return Error{ErrorCode::invalid, "with store.engine " +
                                       std::string(config::word_of(config.store.engine)) +
                                       " the data is not a file of this host: " + instead};
}

std::string way_of_restoring() {
  return "restore into a directory of its own (AUTHD_STORE_ENGINE=" +
         std::string(config::word_of(config::StoreEngine::one_host)) +
         " authd restore FILE --data-dir DIR), and bring that into an empty schema with authd db "
         "move";
}

}  // namespace authd::server
