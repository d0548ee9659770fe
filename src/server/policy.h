// What of the configuration the HTTP front goes by, and may take over while it runs.
#pragma once

#include "config/config.h"
#include "http/options.h"

namespace authd::server {

http::Policy policy_of(const config::Config& config);

}  // namespace authd::server
