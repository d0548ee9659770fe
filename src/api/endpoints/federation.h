// The two steps of signing in with another provider, shared by all routes that offer them.
#pragma once

#include "api/core/context.h"
#include "auth/signin/federation/arrivals.h"

namespace authd::api {

// Redirects the browser to the provider: 302.
Result<http::Reply> start_at_provider(const Context& context, std::string_view provider,
                                      const auth::Origin& origin);

// Handles the browser's return from the provider.
auth::Arrived return_from_provider(const Context& context, std::string_view provider,
                                   const auth::Origin& origin);

}  // namespace authd::api
