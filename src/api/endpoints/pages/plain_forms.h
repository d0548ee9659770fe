// Signing in, consent and the page for devices (device_forms.h) as plain forms: what these pages
// are until their scripts have come, and in a browser without scripts.
#pragma once

#include <optional>
#include <string>

#include "api/core/context.h"
#include "web/plain_page.h"

namespace authd::api {

// The form of the page at request.path; nullopt if it has none. `return_to` is where the browser
// goes after the sign-in, and was checked.
std::optional<web::PlainPage> plain_form(const Api& api, const http::Request& request,
                                         const std::string& return_to);

}  // namespace authd::api
