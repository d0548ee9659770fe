// The page /device as plain forms: a person types the code that a device shows, sees what asks, and
// answers. The code in the address only fills in the form: a link must not lead past the question
// (RFC 8628 section 5.4).
#pragma once

#include <optional>

#include "api/core/context.h"
#include "web/plain_page.h"

namespace authd::api {

// The first form, or the way to the sign-in page; nullopt if there are no applications here.
std::optional<web::PlainPage> device_form(const Api& api, const http::Request& request);

}  // namespace authd::api
