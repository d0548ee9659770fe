// A request's path as it may be logged. Links in mails carry tokens in their path, and a token in
// the log would be as good as one in the mailbox: it may still be unused.
#pragma once

#include <string>
#include <string_view>

#include "http/app/router.h"

namespace authd::http {

// The pattern instead of the path if the route says so (Route::hides_path), whether or not the
// request reaches the route. `at_path` is Router::Match::at_path. In a path without a route (a link
// with an extra slash, or below a path that a proxy should have cut off), each part that could be a
// token becomes "*": one that is long, or follows a word that precedes one.
std::string logged_path(const Router& router, const Route* at_path, std::string_view path);

}  // namespace authd::http
