// The options of a store, from the configuration.
#pragma once

#include <string>

#include "config/config.h"
#include "store/engine.h"

namespace authd::server {

// Of the data that the configuration names: in its data directory, or in a PostgreSQL.
store::Options store_options(const config::Config& config);
// Of a copy of the data in another directory, to be tested or moved: always a file there.
store::Options copy_options(const config::Config& config, const std::string& directory);
// The configuration with which such a copy is opened.
config::Config config_of_copy(const config::Config& config, const std::string& directory);

// Whether several hosts can share the data.
bool is_shared(const config::Config& config);
// Error: `invalid` with `instead` (what to do instead), if the data is not a file in the data
// directory. For whatever replaces or rewrites that file.
Result<void> require_own_file(const config::Config& config, const std::string& instead);
// How to return to a backup of shared data.
std::string way_of_restoring();

}  // namespace authd::server
