// The one place where browsers come back from their journeys: it looks what the journey was for,
// and hands it to the rules of its kind.
#pragma once

#include "auth/core/services.h"
#include "auth/signin/federation.h"
#include "auth/signin/journeys.h"

namespace authd::auth {

// A browser that is back.
struct Arrival {
  std::string_view provider;  // that the address names
  FederationAnswer answer;
  OneTimeSecret browser;  // the value of its cookie (journeys.h)
};

struct Arrived {
  // Of the journey, also if it is over or too old; nothing if this browser did not begin it.
  std::optional<WayBack> way_back;
  Result<FederationOutcome> outcome;
};

// Ends the journey. A page that began it gets a session that a cookie keeps, a program gets tokens.
Arrived arrive(const Services& s, const Arrival& arrival, Origin origin);

}  // namespace authd::auth
