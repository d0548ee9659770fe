// The two steps of signing in with another provider, for every route that has them.
#pragma once

#include "api/context.h"
#include "auth/signin/arrivals.h"

namespace authd::api {

// The browser's way there: 302.
Result<http::Reply> start_at_provider(const Context& context, std::string_view provider,
                                      const auth::Origin& origin);

// What its way back comes to.
auth::Arrived return_from_provider(const Context& context, std::string_view provider,
                                   const auth::Origin& origin);

}  // namespace authd::api
