// The only list of routes.
#pragma once

#include <span>
#include <vector>

#include "api/core/context.h"

namespace authd::api {

// All routes, including those that the configuration switches off.
std::span<const Route> all_routes();

// The routes that a server with this configuration serves.
std::vector<Route> served_routes(const config::Config& config);

// The routes in the form that the front needs: each endpoint behind its guard, and the files of
// src/web. `api` must outlive them.
std::vector<http::Route> http_routes(const Api& api);

}  // namespace authd::api
