// The one list of every route.
#pragma once

#include <span>
#include <vector>

#include "api/context.h"

namespace authd::api {

// Every route there is, whatever the configuration switches off.
std::span<const Route> all_routes();

// Those that a server with this configuration has.
std::vector<Route> served_routes(const config::Config& config);

// The routes as the front takes them: each endpoint behind its guard, and the files of src/web.
// `api` outlives them.
std::vector<http::Route> http_routes(const Api& api);

}  // namespace authd::api
