// The options of a store, from the configuration.
#pragma once

#include "config/config.h"
#include "store/engine.h"

namespace authd::server {

// Of the data directory.
store::Options store_options(const config::Config& config);
// The same kind of store in another directory: a copy to be tested.
store::Options store_options(const config::Config& config, const std::string& directory);

}  // namespace authd::server
