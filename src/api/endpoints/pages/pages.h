// Serves the pages of src/web at their addresses.
#pragma once

#include <optional>
#include <vector>

#include "api/core/context.h"
#include "auth/accounts/names/provider_logos.h"
#include "web/site.h"

namespace authd::api {

// The pages, built from the configuration. Errors: `invalid`, `not_found` or `too_large` for a logo
// that cannot be shown. Without `logos`, providers have a letter.
Result<web::Site> make_site(const config::Config& config,
                            const web::Catalogues& texts = web::page_texts(),
                            std::vector<auth::ProviderLogo> logos = {});

// Adds the routes of the pages and of the files that they load.
void add_pages(std::vector<http::Route>& routes, const Api& api);

// The page shown, with 404, to a browser at an address that does not exist; nullopt for programs,
// and below /api/, which only programs use.
std::optional<http::Reply> missing_page(const Api& api, const http::Request& request);

}  // namespace authd::api
