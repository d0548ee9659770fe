// Pending journeys: a browser that was sent elsewhere with a state, and what is to happen when it
// comes back. The row says all of it; the browser carries the state in its address and one cookie.
//
// The cookie binds every journey to the browser that began it, so that nobody can be signed in to
// somebody else's account by a link (login CSRF, RFC 9700 section 4.7). It is one for all journeys:
// each has a state of its own, and two tabs, even with the same provider, do not disturb each
// other. A browser that has such a cookie keeps its value, and the end of one journey leaves it,
// since others may be pending. To know it is of no use without a state, and a state is good once.
// Over https only this host can set it (the prefix __Host-): a host that could would have a browser
// finish the journey of another one.
//
// What strangers can write is bounded: a start counts against the limit `login` of its address, and
// a row ends after kJourneyLife, used or not.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kJourneyLife = std::chrono::minutes(10);

// Where the browser is wanted back; both empty for a program, which gets the answer as JSON.
struct WayBack {
  std::string return_to;  // after success
  std::string page;       // a local path: what shows an error, or asks for what is still needed

  bool is_page() const { return !page.empty(); }
};

// A journey that begins now, with its row not in the store yet.
struct NewJourney {
  tables::Journey row;
  OneTimeSecret state;
  OneTimeSecret binding;  // the value of the browser's cookie
};
// `browser` is what the cookie has now; a new value takes its place when it cannot be one.
NewJourney make_journey(const Services& s, tables::JourneyKind kind, const OneTimeSecret& browser,
                        const WayBack& way_back, Time now);

// The journey of the state, if this browser began it: pending, over, or too old.
std::optional<tables::Journey> find_journey(store::Reader& tx, const OneTimeSecret& state,
                                            const OneTimeSecret& browser);

// Marks the journey of the state as over, whoever asks: a state that another browser knows has
// leaked. Returns it if it was pending, of this browser and of this kind. One write.
std::optional<tables::Journey> take_journey(store::WriteTxn& tx, tables::JourneyKind kind,
                                            const OneTimeSecret& state,
                                            const OneTimeSecret& browser, Time now);

}  // namespace authd::auth
