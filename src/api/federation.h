// The two steps of signing in with another provider, for every route that has them.
#pragma once

#include "api/context.h"
#include "auth/signin/federation.h"

namespace authd::api {

// The browser's way there: 302.
Result<http::Reply> start_at_provider(const Context& context, std::string_view provider,
                                      const auth::Origin& origin);

// What its way back comes to.
Result<auth::FederationOutcome> return_from_provider(const Context& context,
                                                     std::string_view provider,
                                                     const auth::Origin& origin);

// The Set-Cookie that takes away what the browser kept for it.
std::string forgotten_provider(const Context& context, std::string_view provider);

}  // namespace authd::api
