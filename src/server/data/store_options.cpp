#include "server/data/store_options.h"

namespace authd::server {

store::Options store_options(const config::Config& config) {
  return store_options(config, config.server.data_dir);
}

store::Options store_options(const config::Config& config, const std::string& directory) {
  store::Options options;
  options.engine = config.store.engine;
  options.directory = directory;
  options.max_bytes = config.store.max_size;
  return options;
}

}  // namespace authd::server
