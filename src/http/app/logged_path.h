// A request's path as it may stand in the log. Links in mails carry tokens in their path, and a
// token in the log would be as good as one in the mailbox: it may not have been used yet.
#pragma once

#include <string>
#include <string_view>

#include "http/app/router.h"

namespace authd::http {

// The pattern in place of the path where the route says so (Route::hides_path), whether or not the
// request gets as far as the route. `at_path` is Router::Match::at_path. Of a path that leads
// nowhere (a link with a slash too many, or below the path that a proxy should have cut off) each
// part is "*" that could be a token: it is long, or comes after a word that precedes one.
std::string logged_path(const Router& router, const Route* at_path, std::string_view path);

}  // namespace authd::http
