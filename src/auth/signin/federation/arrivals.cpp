#include "auth/signin/federation/arrivals.h"

#include "auth/signin/federation/federation.h"

namespace authd::auth {

Arrived arrive(const Services& s, const ProviderArrival& arrival, Origin origin) {
  using Found = std::optional<tables::Journey>;
  const Result<Found> found = s.store.read([&](store::ReadTxn& tx) -> Result<Found> {
    return find_journey(tx, arrival.answer.state, arrival.browser);
  });
  if (!found) return {std::nullopt, found.error()};
  Arrived arrived{std::nullopt, bad_state()};
  if (*found) arrived.way_back = WayBack{(*found)->return_to, (*found)->page};
  origin.wants_cookie = arrived.way_back && arrived.way_back->is_page();
  // Without a journey, the rules of this address refuse the browser, and count the failure.
  switch (*found ? (*found)->kind : tables::JourneyKind::provider) {
    case tables::JourneyKind::provider:
      arrived.outcome =
          finish_federation(s, arrival.provider, arrival.answer, arrival.browser, origin);
      break;
  }
  return arrived;
}

}  // namespace authd::auth
