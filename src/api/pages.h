// The pages of src/web at their addresses.
#pragma once

#include <optional>
#include <vector>

#include "api/context.h"
#include "web/site.h"

namespace authd::api {

// The pages as the configuration wants them. Errors: `invalid`, `not_found` or `too_large` for a
// logo that cannot be shown.
Result<web::Site> make_site(const config::Config& config);

// Their routes, and those of the files that they load.
void add_pages(std::vector<http::Route>& routes, const Api& api);

// What a browser that was sent to an address where there is nothing is shown, with 404; nothing for
// a program, and below /api/, where only programs come by.
std::optional<http::Reply> missing_page(const Api& api, const http::Request& request);

}  // namespace authd::api
