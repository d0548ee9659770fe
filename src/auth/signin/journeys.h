// Pending journeys: a browser was sent to another site with a state, and the row says what to do
// when it returns. The browser carries only the state, in its address, and one cookie.
//
// The cookie binds every journey to the browser that began it, so a link cannot sign anybody in to
// somebody else's account (login CSRF, RFC 9700 section 4.7). There is one cookie for all journeys
// of a browser. Each journey has its own state, so two tabs do not disturb each other, even with
// the same provider. A browser that already has the cookie keeps its value, and the end of a
// journey does not delete it, because others may be pending. The value is useless without a state,
// and a state works once. The value carries its date and a MAC: nobody else can choose it, and a
// browser gets a new one when the old one is kBindingLife old, so a stolen value does not bind
// journeys for ever. (A journey that another tab began under the old value must then begin again.)
// Over https only this host can set the cookie (the prefix __Host-); a host
// that could set it would be able to make a browser finish another browser's journey.
//
// Strangers can write a limited number of rows: a start counts against the limit `login` of its
// address, and a row ends after kJourneyLife, used or not.
#pragma once

#include <optional>
#include <string>

#include "auth/core/services.h"
#include "tables/schema.h"

namespace authd::auth {

inline constexpr Milliseconds kJourneyLife = std::chrono::minutes(10);
inline constexpr Milliseconds kBindingLife = std::chrono::hours(24);

// Where the browser goes when it returns. Both are empty for a program, which gets the answer as
// JSON.
struct WayBack {
  std::string return_to;  // after success
  std::string page;       // a local path: shows an error, or asks for what is still needed

  bool is_page() const { return !page.empty(); }
};

// A journey that begins now. Its row is not in the store yet.
struct NewJourney {
  tables::Journey row;
  OneTimeSecret state;
  OneTimeSecret binding;  // the value of the browser's cookie
};
// `browser` is the current value of the cookie. It is replaced if it is not one of ours, or too
// old.
NewJourney make_journey(const Services& s, tables::JourneyKind kind, const OneTimeSecret& browser,
                        const WayBack& way_back, Time now);

// The journey of the state, if this browser began it: pending, over or expired.
std::optional<tables::Journey> find_journey(store::Reader& tx, const OneTimeSecret& state,
                                            const OneTimeSecret& browser);

// Marks the journey of the state as over, whichever browser asks: a state that another browser
// knows has leaked. Returns the journey if it was pending, of this browser and of this kind. One
// write.
std::optional<tables::Journey> take_journey(store::WriteTxn& tx, tables::JourneyKind kind,
                                            const OneTimeSecret& state,
                                            const OneTimeSecret& browser, Time now);

}  // namespace authd::auth
