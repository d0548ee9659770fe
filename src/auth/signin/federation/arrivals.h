// The one place where browsers return from their journeys. It finds out what the journey was for,
// and passes it to the rules of its kind.
#pragma once

#include "auth/core/services.h"
#include "auth/signin/federation/federation.h"
#include "auth/signin/journeys.h"

namespace authd::auth {

// A browser that has returned.
struct ProviderArrival {
  std::string_view provider;  // named by the address
  FederationAnswer answer;
  OneTimeSecret browser;  // the value of its cookie (journeys.h)
};

struct Arrived {
  // From the journey, even if it is over or expired; nullopt if this browser did not begin it.
  std::optional<WayBack> way_back;
  Result<FederationOutcome> outcome;
};

// Ends the journey. A page that began it gets a session kept by a cookie, a program gets tokens.
Arrived arrive(const Services& s, const ProviderArrival& arrival, Origin origin);

}  // namespace authd::auth
