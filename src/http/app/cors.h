// Cross-origin requests from web pages (the Fetch standard, "CORS protocol"). Origins must match
// exactly; with "*" every page may call, without credentials.
#pragma once

#include <string_view>
#include <vector>

#include "http/wire/message.h"

namespace authd::http {

// Adds the headers that let a page of `origin` read the reply, if it may.
void allow_origin(Reply& reply, std::string_view origin, const std::vector<std::string>& allowed);

// The answer to a preflight of `origin` for a path with the methods `allow`. The headers of the
// session cookie are for listed origins only.
Reply preflight(std::string_view allow, std::string_view origin,
                const std::vector<std::string>& allowed);

}  // namespace authd::http
