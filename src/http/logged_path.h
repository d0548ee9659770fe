// A request's path as it may stand in the log. Links in mails carry tokens in their path, and a
// token in the log would be as good as one in the mailbox: it may not have been used yet.
#pragma once

#include <string>
#include <string_view>

#include "http/router.h"

namespace authd::http {

// The pattern in place of a path whose route has a ":token" or a tail, whatever the method and
// whether or not the request gets as far as the route. Of a path that leads nowhere (a link with a
// slash too many, or below the path that a proxy should have cut off) each part is "*" that
// could be a token: it is long, or comes after a word that precedes one.
std::string logged_path(const Router& router, std::string_view path);

// Whether the paths of a route are logged as its pattern.
bool hides_path(std::string_view pattern);

}  // namespace authd::http
